import { constants, inflateRawSync } from "node:zlib";

import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { GZIP_HEADER, storedBlocks } from "../../src/http/gzip.ts";
import { deflateBlocks } from "../../src/node/deflate.ts";
import { gunzipped } from "./gunzip.ts";

function inflated(bytes: Uint8Array): Buffer {
  return inflateRawSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH });
}

describe("stored blocks", () => {
  test.for([
    [0, 0],
    [1, 1],
    [65_535, 1],
    [65_536, 2],
    [131_070, 2],
    [131_071, 3],
    [200_000, 4],
  ] as const)("of %i bytes are %i, each with a head of five", ([length, blocks]) => {
    const bytes = Uint8Array.from({ length }, (_, n) => (n * 31) % 251);
    const stored = storedBlocks(bytes);
    expect(stored.length).toBe(length + 5 * blocks);
    expect(inflated(stored).equals(bytes)).toBe(true);
  });

  test("are a copy: what is shared is not touched", () => {
    const bytes = Uint8Array.of(1, 2, 3);
    const stored = storedBlocks(bytes);
    expect(stored.buffer).not.toBe(bytes.buffer);
    expect([...bytes]).toEqual([1, 2, 3]);
  });
});

/** Texts that compress well and bytes that do not, short and beyond the window of deflate. */
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 400 }),
  fc.string({ maxLength: 300, unit: "grapheme" }).map((text) => Buffer.from(text)),
  fc
    .tuple(fc.constantFrom("event: a\ndata: {}\n\n", "x", "grüße 😀"), fc.integer({ min: 1, max: 5_000 }))
    .map(([text, times]) => Buffer.from(text.repeat(times))),
  fc.integer({ min: 0, max: 99_999 }).map((length) => Uint8Array.from({ length }, (_, n) => (n * n * 7_919) >> 3)),
);

describe("blocks of deflate", () => {
  test("are good wherever they stand: after any others, and without those before them", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(bytes, fc.boolean()), { maxLength: 8 }), fc.nat(7), (parts, joined) => {
        const seen = parts.slice(joined);
        const blocks = seen.map(([part, shared]) => (shared ? deflateBlocks(part) : storedBlocks(part)));
        const plain = Buffer.concat(seen.map(([part]) => part));
        expect(inflated(Buffer.concat(blocks)).equals(plain)).toBe(true);
        expect(gunzipped(Buffer.concat([GZIP_HEADER, ...blocks])).equals(plain)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  test("end on a byte, with an empty stored block, in a buffer of their own", () => {
    fc.assert(
      fc.property(bytes, (plain) => {
        const deflated = deflateBlocks(plain);
        expect([...deflated.subarray(-4)]).toEqual([0, 0, 0xff, 0xff]);
        expect(deflated.buffer.byteLength).toBe(deflated.length);
      }),
      { numRuns: 200 },
    );
  });
});
