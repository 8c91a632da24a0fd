import type { Log, Position } from "./log/log.ts";
import type { Logger } from "./logger.ts";
import type { Runtime } from "./runtime.ts";
import type { CloseReason } from "./sink.ts";
import type { Subscriber } from "./subscriber.ts";
import type { Tail } from "./tail.ts";

/** What was done since the hub was made. */
export interface Counters {
  published: number;
  /** Events written to subscribers, replayed and snapshot ones too. */
  delivered: number;
  gaps: number;
  resets: number;
}

/** What a subscriber sees of the engine. */
export interface Delivery {
  readonly log: Log;
  readonly tail: Tail;
  readonly runtime: Runtime;
  readonly logger: Logger;
  readonly counters: Counters;
  /** In milliseconds, as the opening frame announces it. */
  readonly heartbeat: number;
  /** Resolves when the tail knows where the log's head is. */
  readonly ready: Promise<void>;
  /** Where the last flush that was matched ends: everything through here was written to those who are live, or is being. */
  readonly dispatched: Position;
  /** Resolves when the next flush has been matched. */
  nextDispatch(): Promise<void>;
  /** Resolves when it is this replay's turn to send one more page. */
  turn(): Promise<void>;
  /** A random time in milliseconds for one connection's `retry:`. */
  retry(): number;
  /** Forgets a subscriber that has ended. */
  leave(subscriber: Subscriber, reason: CloseReason): void;
}
