import fc from "fast-check";
import { expect, test } from "vitest";

import { type ParserOptions, type WireError, createParser } from "../../src/wire/index.ts";
import { createMeter } from "../../src/wire/meter.ts";
import { createSmallParser } from "../../src/wire/small/parse.ts";
import { read } from "./read.ts";
import { interpret } from "./standard.ts";
import { cuts, hostileStream, split } from "./streams.ts";

test("the parser makes of any bytes, however they are split, what the standard's algorithm makes of them", () => {
  fc.assert(
    fc.property(hostileStream, cuts, fc.constantFrom("", "before"), (stream, at, lastEventId) => {
      const { events, retries, lastEventId: last } = read(split(stream, at), { lastEventId });
      expect({ events, retries, lastEventId: last }).toEqual(interpret(stream, lastEventId));
    }),
    { numRuns: 8_000 },
  );
});

test("a stream that comes byte by byte, with empty chunks between, makes no difference", () => {
  fc.assert(
    fc.property(hostileStream, (stream) => {
      const chunks = [...stream].flatMap((byte) => [new Uint8Array(), Uint8Array.of(byte)]);
      const { events, retries, lastEventId } = read(chunks);
      expect({ events, retries, lastEventId }).toEqual(interpret(stream));
    }),
    { numRuns: 1_500 },
  );
});

test("the small parser makes the same of them, and refuses what the other refuses", () => {
  const limit = fc.integer({ min: 1, max: 200 });
  fc.assert(
    fc.property(hostileStream, cuts, limit, limit, (stream, at, maxLineBytes, maxEventBytes) => {
      const [large, small] = [
        createParser,
        (options: ParserOptions) => createSmallParser(createMeter(maxLineBytes, maxEventBytes), options),
      ].map((create) => {
        const seen: unknown[] = [];
        const note = (what: unknown): void => void seen.push(what);
        const parser = create({ onEvent: note, onRetry: note, onComment: note, maxLineBytes, maxEventBytes });
        try {
          for (const chunk of split(stream, at)) parser.feed(chunk);
        } catch (error) {
          note((error as WireError).code);
        }
        return { seen, lastEventId: parser.lastEventId };
      });
      expect(small).toEqual(large);
    }),
    { numRuns: 5_000 },
  );
});
