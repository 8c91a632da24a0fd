import fc from "fast-check";
import { HubError } from "tidings/log";
import { expect, test } from "vitest";
import { ProtocolError } from "../../src/sharing/frames.ts";
import {
  readFromAppender,
  readToAppender,
  textFromAppender,
  textToAppender,
  type FromAppender,
} from "../../src/sharing/messages.ts";
import { draft } from "./drafts.ts";

test("every field of an event arrives as it was sent", () => {
  const drafts = [
    draft("Grüße\n\u0000😀", {
      topics: ["a", "b/☃"],
      event: "paid",
      key: { id: "k", payload: "p" },
      private: true,
      audience: { roles: ["r"], users: [] },
    }),
    draft(""),
  ];
  const message = { appends: [{ id: 7, drafts }] };
  expect(readToAppender(textToAppender(message))).toEqual(message);
});

test("every kind of answer arrives as it was sent", () => {
  const position = { epoch: "e", offset: 2 ** 40, tag: 0xffff_ffff };
  const message: FromAppender = {
    head: 9,
    ready: false,
    answers: [
      { id: 1, outcome: [{ position, duplicate: true }] },
      { id: 2, outcome: [] },
      { id: 3, outcome: "overtaken" },
      { id: 4, outcome: new HubError("rate-limited", "Too fast", { retryAfter: 5 }) },
    ],
  };
  const read = readFromAppender(textFromAppender(message));
  expect(read).toEqual(message);
  expect("answers" in read && read.answers[3]?.outcome).toMatchObject({ code: "rate-limited", retryAfter: 5 });
});

test("whatever JSON comes, it is a message or a protocol error", () => {
  const value = fc.jsonValue({ maxDepth: 5 });
  const state = value.map((answers) => ({ head: 1, ready: true, answers }));
  const member = fc.constantFrom("appends", "hello", "welcome", "head", "ready", "answers", "bye");
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        value.map((one) => JSON.stringify(one)),
        fc.oneof(state, fc.dictionary(member, value)).map((one) => JSON.stringify(one)),
      ),
      (text) => {
        for (const read of [readToAppender, readFromAppender]) {
          try {
            read(text);
          } catch (error) {
            if (!(error instanceof ProtocolError)) throw error;
          }
        }
      },
    ),
    { numRuns: 1_000 },
  );
});

test.each([
  [[[], null, "d", null, false, null]],
  [[["a"], 1, "d", null, false, null]],
  [[["a"], null, 1, null, false, null]],
  [[["a"], null, "d", ["k"], false, null]],
  [[["a"], null, "d", null, 0, null]],
  [[["a"], null, "d", null, false, { admins: ["x"] }]],
  [[["a"], null, "d", null, false, { users: [1] }]],
  [[["a", 1], null, "d", null, false, null]],
  ["a"],
  [null],
])("an event that is not as one should be is refused: %j", (event) => {
  expect(() => readToAppender(JSON.stringify({ appends: [[1, [event]]] }))).toThrow(ProtocolError);
});
