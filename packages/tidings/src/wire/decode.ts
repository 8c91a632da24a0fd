type Slice = (this: Uint8Array, start: number, end: number) => string;

/** Bytes of a stream, in order, as text. */
export type Decode = (bytes: Uint8Array) => string;

const SMALL = 256;

/**
 * A UTF-8 decoder for a stream of bytes that may be split inside a character. What is not UTF-8 becomes U+FFFD, as in the
 * Encoding standard; a byte order mark is a character like others.
 */
export function createDecoder(): Decode {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  // What Node and Bun do the same with, in two thirds of the time.
  const slice = (globalThis as { Buffer?: { prototype: { utf8Slice?: Slice } } }).Buffer?.prototype.utf8Slice;
  // Whether the decoder may hold the beginning of a character.
  let holding = false;
  let ascii = true;
  return (bytes) => {
    const { length } = bytes;
    const open = (bytes[length - 1] ?? 0) > 0x7f;
    // Decoding as a whole costs less than as a part of a stream, but on some engines more for long texts beyond ASCII.
    const stream = holding || open || !(ascii || length <= SMALL);
    const text = stream || slice === undefined ? decoder.decode(bytes, { stream }) : slice.call(bytes, 0, length);
    holding = open;
    ascii = text.length === length;
    return text;
  };
}

/** The same without the one byte order mark that a stream may begin with. */
export function createMarklessDecoder(): Decode {
  const decode = createDecoder();
  let begun = false;
  return (bytes) => {
    const text = decode(bytes);
    if (begun || text === "") return text;
    begun = true;
    return text.replace(/^\uFEFF/, "");
  };
}
