import fc from "fast-check";
import { expect, test } from "vitest";
import { FrameReader, frameOf, ProtocolError } from "../../src/sharing/frames.ts";

test("texts come out as they went in, however the bytes are cut", () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: fc.constantFrom("a", "é", "☃", "😀", "\u0000", "\ud800") }), { maxLength: 5 }),
      fc.array(fc.integer({ min: 1, max: 9 })),
      (texts, cuts) => {
        const reader = new FrameReader(1_000);
        const bytes = Buffer.concat(texts.map((text) => frameOf(text)));
        const read: string[] = [];
        for (let start = 0, turn = 0; start < bytes.length; turn += 1) {
          const end = start + (cuts[turn % cuts.length] ?? bytes.length);
          read.push(...reader.read(bytes.subarray(start, end)));
          start = end;
        }
        expect(read.join("|")).toBe(texts.map((text) => text.toWellFormed()).join("|"));
      },
    ),
    { numRuns: 100 },
  );
});

test("a frame that claims to be too long is refused by its first bytes", () => {
  const reader = new FrameReader(10);
  expect([...reader.read(frameOf("0123456789"))]).toEqual(["0123456789"]);
  expect(() => [...reader.read(Buffer.from([0xff, 0xff, 0xff, 0xff]))]).toThrow(ProtocolError);
});
