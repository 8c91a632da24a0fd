import fc from "fast-check";
import { expect, test } from "vitest";

import { type Parser, type ParserOptions, createParser } from "../../src/wire/index.ts";
import { createMarklessDecoder } from "../../src/wire/decode.ts";
import { createParserWith } from "../../src/wire/parse.ts";
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

test("the client's parser makes the same of them", () => {
  fc.assert(
    fc.property(hostileStream, cuts, (stream, at) => {
      const [ours, clients] = [createParser, clientParser].map((create) => {
        const seen: unknown[] = [];
        const note = (what: unknown): void => void seen.push(what);
        const parser = create({ onEvent: note, onRetry: note, onComment: note });
        for (const chunk of split(stream, at)) parser.feed(chunk);
        return { seen, lastEventId: parser.lastEventId };
      });
      expect(clients).toEqual(ours);
    }),
    { numRuns: 2_000 },
  );
});

function clientParser(options: ParserOptions): Parser {
  const at = { lastEventId: "" };
  return Object.assign(
    at,
    createParserWith(() => undefined, options, createMarklessDecoder(), at),
  );
}
