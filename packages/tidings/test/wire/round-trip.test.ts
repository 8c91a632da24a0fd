import fc from "fast-check";
import { expect, test } from "vitest";

import { type EventFields, encodeComment, encodeEvent } from "../../src/wire/index.ts";
import { read } from "./read.ts";
import { cuts, joined, split } from "./streams.ts";

/** Well-formed text, rich in what means something to the format. */
const text = fc.string({
  unit: fc.oneof(
    {
      weight: 2,
      arbitrary: fc.constantFrom("\n", "\r", "\r\n", ":", " ", "\0", "\t", "\u{feff}", "data:", "id:", "\u{85}"),
    },
    { weight: 1, arbitrary: fc.string({ unit: "binary", minLength: 1, maxLength: 1 }) },
  ),
  maxLength: 20,
  size: "max",
});

/** Text that may stand in a line as it is. */
const line = text.map((value) => value.replaceAll(/\p{Cc}/gu, ""));

const fields: fc.Arbitrary<EventFields> = fc.record(
  {
    event: line,
    data: text,
    id: line,
    retry: fc.oneof(fc.nat(), fc.maxSafeNat()),
    topics: fc.array(line, { maxLength: 3 }),
    cursor: line,
  },
  { requiredKeys: [] },
);

test("what was encoded is parsed as it was, but that the lines of data end with LF", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fields, fc.option(line, { nil: undefined })), { maxLength: 8 }),
      cuts,
      (written, at) => {
        const frames = written.flatMap(([event, comment]) => [
          encodeEvent(event),
          ...(comment === undefined ? [] : [encodeComment(comment)]),
        ]);
        const got = read(split(joined(frames), at));

        let lastEventId = "";
        const events = written.flatMap(([{ event = "", data, id, topics = [], cursor }]) => {
          lastEventId = id ?? lastEventId;
          if (data === undefined) return [];
          const lines = data.replaceAll(/\r\n|\r/g, "\n");
          return [{ event: event === "" ? "message" : event, data: lines, lastEventId, topics, cursor }];
        });
        expect(got).toEqual({
          events,
          retries: written.flatMap(([{ retry }]) => (retry === undefined ? [] : [Math.min(retry, 2 ** 31 - 1)])),
          comments: written.flatMap(([, comment]) => (comment === undefined ? [] : [comment])),
          lastEventId,
        });
      },
    ),
    { numRuns: 2_000 },
  );
});
