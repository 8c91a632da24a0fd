import fc from "fast-check";

const utf8 = new TextEncoder();

/** Ends of lines and of blocks. */
const ENDS = ["\n", "\r", "\r\n", "\n\n", "\r\r", "\r\n\r\n", "\n\r"];

/** Lines that mean something, most of them with an end. */
const LINES = [
  ["data: a\n", "data:b\r\n", "data\n", "data: c", "event: a\n", "event: b\r", "event\n", "id: 1\n", "id: é\r\n"],
  ["id\n", "id: 2\0\n", "retry: 15\n", "topic: t\n", "cursor: c\n", ": x\n"],
].flat();

/** What meets every rule of the format once it stands in the wrong place. */
const PIECES = [
  [":", " ", "\t", "\0", "\u{feff}", "7", "42", "x", "é", "漢字", "😀", "\u{2028}", "\u{85}", "²٣"],
  ["data", "data:", "id", "id:", "event", "event: ", "retry", "retry: ", "topic:", "cursor:"],
  ["Data:", " data:", "dat", "dataa:", "id :"],
].flat();

/** Bytes that are no UTF-8, or only with what comes next, in hexadecimal. */
const BYTES = ["ff", "c3", "a9", "e6bc", "f09f", "9880", "ef", "bb", "bf", "c08a", "eda080"];

const text = (...texts: string[]): fc.Arbitrary<Uint8Array> =>
  fc.constantFrom(...texts.map((each) => utf8.encode(each)));

/** The bytes of a stream that may break every rule of the format. */
export const hostileStream: fc.Arbitrary<Uint8Array> = fc
  .tuple(
    text("", "", "", "\u{feff}", "\u{feff}\u{feff}"),
    fc.array(
      fc.oneof(
        { weight: 3, arbitrary: text(...ENDS) },
        { weight: 4, arbitrary: text(...LINES) },
        { weight: 2, arbitrary: text(...PIECES) },
        { weight: 1, arbitrary: fc.constantFrom(...BYTES.map((hex) => new Uint8Array(Buffer.from(hex, "hex")))) },
      ),
      { maxLength: 60, size: "max" },
    ),
  )
  .map(([start, pieces]) => joined([start, ...pieces]));

/** Where to split a stream, as numbers that {@link split} scales to its length. */
export const cuts: fc.Arbitrary<readonly number[]> = fc.array(fc.nat(9_999), { maxLength: 30, size: "max" });

/** A stream in chunks, empty ones too. */
export function split(bytes: Uint8Array, at: readonly number[]): Uint8Array[] {
  const ends = at.map((cut) => Math.floor((cut / 10_000) * (bytes.length + 1))).toSorted((a, b) => a - b);
  return [...ends, bytes.length].map((end, index) => bytes.slice(ends[index - 1] ?? 0, end));
}

/** Chunks in one. */
export function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}
