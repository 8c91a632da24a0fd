import type { Party } from "../hub/admission/party.ts";
import type { Refusal } from "../hub/admission/refusal.ts";
import type { Engine } from "../hub/engine.ts";
import { retryFrame } from "../hub/notices.ts";
import type { Subscription } from "../hub/subscription.ts";
import { compressibleHead, gzipFor } from "./compression.ts";
import type { Exchange } from "./exchange.ts";
import type { PlainAnswer } from "./plain-answer.ts";
import { PLAIN_PLATFORM, type Platform } from "./platform.ts";
import { errorAnswer, problem, problemAnswer, retryAfter } from "./problem.ts";
import type { StreamEnd } from "./stream-ending.ts";
import { STREAM_HEAD, streamHead } from "./stream-head.ts";
import { readResume, streamSubscription, type Resume, type StreamOptions } from "./stream-options.ts";

/** What a request for a stream is answered: something short, or the stream. */
export type StreamAnswer =
  | { readonly end: StreamEnd; readonly answer: PlainAnswer }
  | {
      readonly end?: undefined;
      readonly head: Readonly<Record<string, string>>;
      readonly subscription: Subscription;
      readonly party: Party;
      /** What compresses the stream, if anything. */
      readonly gzip: Platform["gzip"];
    };

/** What a client of ours is told when it is refused. */
const REFUSED = {
  closed: problem("closed", "The hub is closing"),
  connections: problem("too-many-connections", "The hub has as many streams as it takes"),
  address: problem("too-many-connections", "There are as many streams from this address as the hub takes"),
  principal: problem("too-many-connections", "There are as many streams of this client as the hub takes"),
  overload: problem("overloaded", "The hub is late with its work and takes no new streams for now"),
};

/**
 * The way from a request to a stream. A stream is open to its client from here on: the caller subscribes in the same
 * synchronous step.
 *
 * @param platform what compresses; none where the response is encoded by someone else
 * @throws HubError for what is wrong with the options
 */
export function streamAnswer(
  engine: Engine,
  options: StreamOptions,
  exchange: Exchange,
  platform: Platform = PLAIN_PLATFORM,
): StreamAnswer {
  let resume: Resume;
  try {
    resume = readResume(options, exchange.header("last-event-id"), exchange.target);
  } catch (error) {
    const answer = errorAnswer(error);
    if (answer === undefined) throw error;
    return { end: "refused", answer };
  }
  const subscription = streamSubscription(engine, options, resume);
  const gzip = gzipFor(options, platform, exchange.header("accept-encoding"));
  let head = streamHead(exchange.header("origin"), options.origins ?? []);
  if (options.compress) head = compressibleHead(head, gzip !== undefined);
  if (exchange.method === "HEAD") return { end: "refused", answer: { status: 200, headers: head, body: "" } };
  const party = { address: options.address ?? exchange.address, principal: options.principal };
  const refusal = engine.refusal(party);
  if (refusal !== undefined) return turnedAway(refusal, resume.isOurs);
  return { head, subscription, party, gzip };
}

/**
 * A native `EventSource` does not survive any status but 200: it gets a stream that only says when to come back, without
 * an `id:`, so that it comes back with the cursor that it had.
 */
function turnedAway({ reason, retry }: Refusal, isOurs: boolean): StreamAnswer {
  const end = reason === "closed" ? "closed" : "shed";
  if (isOurs) {
    return { end, answer: problemAnswer(REFUSED[reason], retryAfter(retry)) };
  }
  const body = new TextDecoder().decode(retryFrame(retry));
  return { end, answer: { status: 200, headers: { ...STREAM_HEAD, Connection: "close" }, body } };
}
