import fc from "fast-check";

import { interpret } from "../wire/standard.ts";
import { cuts, hostileStream, joined, split } from "../wire/streams.ts";

/** What a server does with one request for a stream. */
export type Step =
  /** A stream in chunks, which ends in good order. With a status it is behind a redirect. */
  | { readonly does: "ends"; readonly chunks: readonly Uint8Array[]; readonly redirect?: number }
  /** A stream up to a mark; once the client has said that it saw that, a tail, and the connection is lost. */
  | {
      readonly does: "is cut";
      readonly chunks: readonly Uint8Array[];
      readonly tail: Uint8Array;
      readonly reset: boolean;
    }
  /** What comes is no HTTP, which is a network error. (On a connection that says nothing browsers ask again by themselves.) */
  | { readonly does: "fails" }
  /** Anything but a stream: the end for good. */
  | { readonly does: "refuses"; readonly status: number; readonly type: string };

const utf8 = new TextEncoder();

/** The name of the event that a client says that it saw. */
export const MARK = "the-mark";

/** Native sources wait for 3 s until they are told another time. */
const FIRST: Step = { does: "ends", chunks: [utf8.encode("retry: 1\n\n")] };

/** No wait is longer than this, in ms: a stream that asks for more is not used. */
const MOST_RETRY = 20;

const chunks = fc
  .tuple(hostileStream.map(withoutDepartures), cuts)
  .filter(([stream]) => interpret(stream).retries.every((ms) => ms <= MOST_RETRY))
  .map(([stream, at]) => split(stream, at));

/**
 * Without that in which Chromium 156 departs from the standard: a line end right behind the byte order mark is a character
 * of the line, and an empty `retry` sets its own default of 3 s.
 */
function withoutDepartures(stream: Uint8Array): Uint8Array {
  const text = latin1(stream).replace(/^\xef\xbb\xbf(?=[\r\n])/, "");
  return Buffer.from(text.replaceAll(/retry(?=:? ?(?:[\r\n]|$))/g, "rare"), "latin1");
}

const tail = fc.constantFrom(
  ...["", "data: lost", "data: lost\n", "event: lost\ndata: x\r", "id: 9\ndata: x\r\n", "id: 9", "retry: 2\n"].map(
    (text) => utf8.encode(text),
  ),
  // Inside of a character.
  Buffer.from("id: 9\ndata: \u00e9").subarray(0, -1),
  Buffer.from("id: 9\ndata: 😀").subarray(0, -2),
);

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ does: fc.constant("ends" as const), chunks }) },
  { weight: 4, arbitrary: fc.record({ does: fc.constant("is cut" as const), chunks, tail, reset: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({
      does: fc.constant("ends" as const),
      chunks,
      redirect: fc.constantFrom(301, 302, 303, 307, 308),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ does: "fails" as const }) },
);

const last: fc.Arbitrary<Step> = fc
  .constantFrom(
    [204, "text/event-stream"],
    [204, ""],
    [205, "text/event-stream"],
    [404, "text/event-stream"],
    [503, "application/problem+json"],
    [200, "text/plain"],
    [200, ""],
  )
  .map(([status, type]) => ({ does: "refuses" as const, status: status as number, type: type as string }));

/** All that happens to one source, up to its end. */
export const script: fc.Arbitrary<readonly Step[]> = fc
  .tuple(fc.array(step, { minLength: 1, maxLength: 5 }), last)
  .map(([steps, end]) => ([FIRST] as Step[]).concat(steps, end));

/** The names of all events that a script may make. */
export function namesIn(steps: readonly Step[]): string[] {
  return steps.flatMap((each) =>
    "chunks" in each ? interpret(joined(each.chunks)).events.map(({ event }) => event) : [],
  );
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}
