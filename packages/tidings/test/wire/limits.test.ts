import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { WireError, createParser } from "../../src/wire/index.ts";
import { cuts, hostileStream, joined, split } from "./streams.ts";

const utf8 = new TextEncoder();

/** How many events came before a stream was refused, and the code of the refusal, if there was one. */
function outcome(
  chunks: readonly Uint8Array[],
  limits: { maxLineBytes?: number; maxEventBytes?: number },
): [number, string?] {
  let events = 0;
  const parser = createParser({ onEvent: () => events++, ...limits });
  try {
    for (const chunk of chunks) parser.feed(chunk);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    const before = events;
    parser.feed(utf8.encode("\n\ndata: more\n\n"));
    expect(events, "a refused stream is read no further").toBe(before);
    return [events, error.code];
  }
  return [events];
}

/** A stream in one chunk, in two, and byte by byte. */
function ways(text: string): Uint8Array[][] {
  const bytes = utf8.encode(text);
  return [[bytes], split(bytes, [5_000]), [...bytes].map((byte) => Uint8Array.of(byte))];
}

describe.each([
  ["ASCII", "x".repeat(100), 100],
  ["text of three bytes a character", "漢".repeat(50), 150],
])("%s", (_, value, size) => {
  test("in a line as long as is allowed is read, and a byte more is refused as soon as it comes", () => {
    const maxLineBytes = "data: ".length + size;
    for (const chunks of ways(`data: a\n\ndata: ${value}\n\n`)) {
      expect(outcome(chunks, { maxLineBytes })).toEqual([2]);
      expect(outcome(chunks, { maxLineBytes: maxLineBytes - 1 })).toEqual([1, "line-too-large"]);
    }
    for (const chunks of ways(`data: ${value}x`))
      expect(outcome(chunks, { maxLineBytes })).toEqual([0, "line-too-large"]);
  });

  test("in an event as large as is allowed is read, and a byte more is refused as soon as it comes", () => {
    const event = `id: 1\r\ntopic: t\ndata: ${value}\ndata: b\r`;
    const maxEventBytes = event.length - value.length + size;
    for (const chunks of ways(`data: a\n\n${event}\ndata: c\n\n`)) {
      expect(outcome(chunks, { maxEventBytes: maxEventBytes + 9 })).toEqual([2]);
      expect(outcome(chunks, { maxEventBytes: maxEventBytes + 8 })).toEqual([1, "event-too-large"]);
    }
    for (const chunks of ways(`data: a\r\r${event}\rdata: c\n\n`)) {
      expect(outcome(chunks, { maxEventBytes })).toEqual([3]);
      expect(outcome(chunks, { maxEventBytes: maxEventBytes - 1 })).toEqual([1, "event-too-large"]);
    }
  });
});

test("a comment is a line too", () => {
  for (const chunks of ways(`data: a\n\n:${"x".repeat(100)}\ndata: b\n\n`)) {
    expect(outcome(chunks, { maxLineBytes: 101 })).toEqual([2]);
    expect(outcome(chunks, { maxLineBytes: 100 })).toEqual([1, "line-too-large"]);
  }
});

test("comments on a quiet stream never add up to an event", () => {
  const text = ": still here\n".repeat(100);
  for (const chunks of ways(`${text}data: a\r\n\r\n${text}data: b\n\n`)) {
    expect(outcome(chunks, { maxEventBytes: "data: a\r\n".length })).toEqual([2]);
    expect(outcome(chunks, { maxEventBytes: "data: a\r\n".length - 1 })).toEqual([0, "event-too-large"]);
  }
});

test("the limits are 16 MiB each unless they are given", () => {
  const chunk = utf8.encode("x".repeat(2 ** 20));
  const line = (bytes: number): Uint8Array[] => {
    const chunks = Array.from({ length: 16 }, (_, index) =>
      index === 0 ? joined([utf8.encode("data: "), chunk.slice(6)]) : chunk,
    );
    return bytes < 2 ** 24
      ? [...chunks.slice(0, -1), chunk.slice(2 ** 24 - bytes)]
      : [...chunks, chunk.slice(2 ** 24 + 2 ** 20 - bytes)];
  };
  const end = utf8.encode("\n\n");
  expect(outcome([...line(2 ** 24 - 1), end], {})).toEqual([1]);
  expect(outcome([...line(2 ** 24), end], { maxEventBytes: 2 ** 25 })).toEqual([1]);
  expect(outcome([...line(2 ** 24), end], {})).toEqual([0, "event-too-large"]);
  expect(outcome([...line(2 ** 24 + 1), end], { maxEventBytes: 2 ** 25 })).toEqual([0, "line-too-large"]);
});

test("what is refused does not depend on how the stream is split", () => {
  const limit = fc.integer({ min: 1, max: 40 });
  fc.assert(
    fc.property(hostileStream, cuts, limit, limit, (stream, at, maxLineBytes, maxEventBytes) => {
      const limits = { maxLineBytes, maxEventBytes };
      const got = outcome(split(stream, at), limits);
      expect(got[1]).toBe(firstExcess(stream, limits));
      expect(got).toEqual(outcome([stream], limits));
    }),
    { numRuns: 10_000 },
  );
});

/** The first limit that a stream exceeds, counted byte by byte. */
function firstExcess(stream: Uint8Array, limits: { maxLineBytes: number; maxEventBytes: number }): string | undefined {
  let line: number[] = [];
  let event: number[] = [];
  const marked = stream[0] === 0xef && stream[1] === 0xbb && stream[2] === 0xbf;
  for (const [at, byte] of stream.entries()) {
    // A byte order mark at the start is part of no line.
    if (marked && at < 3) continue;
    const lineEnds = byte === 10 || byte === 13;
    const ofCrLf = byte === 10 && stream[at - 1] === 13;
    if (ofCrLf ? event.length === 0 : lineEnds && line.length === 0) {
      event = [];
    } else if (lineEnds) {
      // Comments before the first line of an event are not part of it.
      if (event.length > 0) event.push(byte);
      line = [];
    } else {
      line.push(byte);
      if (event.length > 0 || line[0] !== 0x3a) event.push(byte);
    }
    if (line.length > limits.maxLineBytes) return "line-too-large";
    if (event.length > limits.maxEventBytes) return "event-too-large";
  }
  return undefined;
}
