import { matchesPattern } from "../../wire/topic-pattern.ts";
import { ClientError, type ClientErrorCode } from "../error.ts";
import type { Arrival } from "./arrival.ts";
import type { Delivered, Notice, TopicOptions } from "./tidings.ts";

/** So many events are kept back. */
const HELD = 2 ** 16;

/** One who asked for topics: a handler or an iterator. */
export interface Subscription {
  readonly topics: readonly string[];
  readonly from: TopicOptions["from"];
  /** What it is yet to get stands before these: they are kept back. */
  held: { readonly arrival: Arrival; readonly topic: string }[] | undefined;
  /** It got these already, though the stream is yet to bring them. */
  skip: Set<string | undefined> | undefined;
  ended: boolean;
  /** Lets go of what would end it. */
  forget: () => void;
  /** Hands an event on. */
  take(arrival: Arrival, topic: string): void;
  notice(notice: Notice): void;
  /** Something is wrong that concerns it alone. */
  report(error: ClientError): void;
  /** No event will come any more, and why. */
  close(error: ClientError | undefined): void;
}

/**
 * @param options those of its client where it has none
 * @param take gets the events
 * @param report told of what it does not hear itself
 * @param name of events; all without one
 */
export function subscriptionFor(
  topics: readonly string[],
  { from, parse = parseJson, resync, onError }: TopicOptions,
  take: (delivered: Delivered) => void,
  report: (error: unknown) => void,
  name?: string,
  close: Subscription["close"] = () => undefined,
): Subscription {
  const tell = (error: ClientError): void => attempt(() => (onError ?? report)(error), report);
  return {
    topics,
    from,
    held: undefined,
    skip: undefined,
    ended: false,
    forget: () => undefined,
    take(arrival, topic) {
      if (this.ended || (name !== undefined && arrival.event !== name)) return;
      let code: ClientErrorCode = "bad-data";
      attempt(
        () => {
          const delivered = arrival.delivered(topic, parse);
          code = "handler-failed";
          return take(delivered);
        },
        (cause) => tell(new ClientError(code, `${code}: an event of ${topic}`, { cause })),
      );
    },
    notice: (notice) => attempt(() => resync?.(notice), report),
    report: tell,
    close,
  };
}

function parseJson(text: string): unknown {
  return JSON.parse(text);
}

/** Hands an event of the stream on, or keeps it back. */
export function handOn(subscription: Subscription, arrival: Arrival, topic: string): void {
  const { held, skip } = subscription;
  // Without an id it is part of a snapshot, and who waits has one of its own.
  if (held !== undefined) {
    if (arrival.id !== undefined && held.push({ arrival, topic }) > HELD) {
      subscription.held = undefined;
      subscription.report(new ClientError("overflow", `More than ${HELD} events waited`));
      for (const each of held) subscription.take(each.arrival, each.topic);
    }
  } else if (arrival.id === undefined || skip?.delete(arrival.id) !== true) subscription.take(arrival, topic);
}

/** The first of an event's topics that was asked for. */
export function askedTopic({ topics }: Subscription, arrival: Arrival): string | undefined {
  return arrival.topics.find((topic) => topics.some((asked) => matchesPattern(asked, topic)));
}

/** Calls what is not ours. */
export function attempt(call: () => unknown, failed: (error: unknown) => void): void {
  try {
    const result = call();
    if (result instanceof Promise) result.catch(failed);
  } catch (error) {
    failed(error);
  }
}
