import { matchesPattern } from "../../wire/topic-pattern.ts";
import { ClientError } from "../error.ts";
import { deliveredOf, type Arrival } from "./arrival.ts";
import type { Delivered, Notice, Parse, TopicOptions } from "./tidings.ts";

/** One who asked for topics: a handler or an iterator. */
export interface Subscription {
  readonly topics: readonly string[];
  readonly from: TopicOptions["from"];
  /** What it is yet to get stands before these: they are kept back. */
  held: { readonly arrival: Arrival; readonly topic: string }[] | undefined;
  /** It got these already, though the stream is yet to bring them. */
  skip: Set<string> | undefined;
  ended: boolean;
  /** Hands an event on. */
  take(arrival: Arrival, topic: string): void;
  notice(notice: Notice): void;
  /** Something is wrong that concerns it alone. */
  report(error: ClientError): void;
  /** No event will come any more, and why. */
  close(error: ClientError | undefined): void;
}

/** Whom a subscription is for. */
export interface Taker {
  readonly topics: readonly string[];
  /** Of events; all without one. */
  readonly name?: string | undefined;
  readonly options: TopicOptions;
  readonly parse: Parse;
  take(delivered: Delivered): void;
  close?(error: ClientError | undefined): void;
}

/** @param report told of what the taker does not hear itself */
export function subscriptionFor(taker: Taker, report: (error: unknown) => void): Subscription {
  const { topics, name, options, parse } = taker;
  const tell = (error: ClientError): void => {
    if (options.onError === undefined) report(error);
    else attempt(() => options.onError?.(error), report);
  };
  return {
    topics,
    from: options.from,
    held: undefined,
    skip: undefined,
    ended: false,
    take(arrival, topic) {
      if (this.ended || (name !== undefined && arrival.event !== name)) return;
      let delivered: Delivered;
      try {
        delivered = deliveredOf(arrival, topic, parse);
      } catch (cause) {
        return tell(new ClientError("bad-data", `What came on ${topic} cannot be parsed`, { cause }));
      }
      attempt(
        () => taker.take(delivered),
        (cause) => tell(new ClientError("handler-failed", `A handler of ${topic} threw`, { cause })),
      );
    },
    notice: (notice) => attempt(() => options.resync?.(notice), report),
    report: tell,
    close: (error) => taker.close?.(error),
  };
}

/** Hands an event of the stream on, or keeps it back. */
export function handOn(subscription: Subscription, arrival: Arrival, topic: string): void {
  const { held, skip } = subscription;
  // Without an id it is part of a snapshot, and who waits has one of its own.
  if (held !== undefined) held.push(...(arrival.id === undefined ? [] : [{ arrival, topic }]));
  else if (arrival.id === undefined || skip?.delete(arrival.id) !== true) subscription.take(arrival, topic);
}

/** The first of some topics that was asked for. */
export function askedTopic({ topics }: Subscription, of: readonly string[]): string | undefined {
  return of.find((topic) => topics.some((asked) => matchesPattern(asked, topic)));
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
