import type { BatchNode } from "./batch-trie.ts";
import type { Admitted, Seat } from "./admission/admission.ts";
import type { Changes } from "./changes/changes.ts";
import type { Frames } from "./frames.ts";
import type { Group } from "./group.ts";
import type { Log, Position } from "./log/log.ts";
import type { Logger } from "./logger.ts";
import { heartbeatFrame, retryFrame } from "./notices.ts";
import type { SharedPages } from "./shared-pages.ts";
import type { CloseReason, Sink, SinkListener } from "./sink.ts";
import type { SnapshotSource } from "./snapshot.ts";
import type { Policy, Subscription } from "./subscription.ts";
import type { Tail } from "./tail.ts";
import type { TopicFilter } from "./topic-filter.ts";
import type { Turns } from "./turns.ts";

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
  readonly pages: SharedPages;
  readonly frames: Frames;
  readonly turns: Turns;
  readonly changes: Changes;
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
  /** Whether the running flush is still to write to a subscriber that is live. */
  isDue(subscriber: Subscriber): boolean;
  /** Where a subscriber that is live stands. */
  positionOf(subscriber: Subscriber): Position;
  /** Puts a subscriber among those whom flushes find. */
  enter(subscriber: Subscriber): void;
  /** A random time in milliseconds for one connection's `retry:`. */
  retry(): number;
  /** Brings a subscriber from its position to live: see `bringToLive` in replay.ts. */
  bringToLive(subscriber: Subscriber, cause: ReplayCause): void;
  /** From here on a subscriber that is not live asks for something else. */
  regroup(subscriber: Subscriber, filter: TopicFilter): void;
  /** A subscriber's sink takes no more for now: it is watched until `drained`. */
  filled(subscriber: Subscriber): void;
  /** A subscriber's sink takes more again. */
  drained(subscriber: Subscriber): void;
  /** Forgets a subscriber that has ended. */
  leave(subscriber: Subscriber, reason: CloseReason): void;
}

/** Why a subscriber has to be brought to live: it begins, it has fallen behind, or its topics are about to change. */
export type ReplayCause = Subscription | "behind" | "change";

/** Where a subscriber is on its way: see DESIGN's `replaying → live ⇄ catching-up → closed`. */
export type SubscriberState = "replaying" | "live" | "catching-up" | "closed";

/**
 * One stream. It has no queue: live, it is written what a flush finds due to it; with a full sink it keeps its position
 * alone, and reads on from the tail or the log when the sink drains.
 */
export class Subscriber implements SinkListener, Admitted {
  /** It changes with the topics: see `regroup`. */
  group: Group;
  readonly sink: Sink;
  readonly snapshot: SnapshotSource | undefined;
  readonly policy: Policy;
  readonly #delivery: Delivery;
  state: SubscriberState = "replaying";
  /** Everything due through here was handed to the sink. Not kept up while live: then see `positionNow`. */
  position: Position;
  /** The last flush that this one had its part of, or was made live by. The fan-out's own. */
  turn = 0;
  /** The place among those of its group who are live. The group's own. */
  place = 0;
  /** The sink accepted what it was given and takes no more for now. */
  full = false;
  /** Something was written since the last sweep of heartbeats. */
  wrote = false;
  /** Where its snapshot stands. Unless that is `none`, no frame carries an `id:`. */
  snapshotState: "none" | "due" | "running" | "sent" = "none";
  /** The opening frame was written. */
  opened = false;
  /** The `tidings:live` frame was written. */
  announced = false;
  /** Under whom it is counted, and when its lifetime is over: see `Admission`. */
  seat: Seat | undefined;
  expires = 0;
  /** A replay is bringing this subscriber to live. */
  #replaying = false;
  /** End the waits that a replay is in: for the sink to drain, for the stream to end. */
  #wakeOnDrain: (() => void) | undefined;
  #wakeOnClose: (() => void) | undefined;
  #ended: PromiseWithResolvers<CloseReason> | undefined;
  #reason: CloseReason | undefined;
  /** The sink was told to end after what it has. */
  #ending = false;

  constructor(sink: Sink, group: Group, subscription: Subscription, delivery: Delivery) {
    this.group = group;
    this.snapshot = subscription.snapshot;
    this.policy = subscription.policy;
    this.sink = sink;
    this.#delivery = delivery;
    this.position = delivery.dispatched;
    sink.listen(this);
    this.#replay(subscription);
  }

  /** It has ended, or is about to: it is written nothing more. */
  get closed(): boolean {
    return this.#ending || this.state === "closed";
  }

  /** How the stream ended, once it has. Made when it is asked for: most streams are not. */
  get ended(): Promise<CloseReason> {
    if (this.#ended === undefined) {
      this.#ended = Promise.withResolvers();
      if (this.#reason !== undefined) this.#ended.resolve(this.#reason);
    }
    return this.#ended.promise;
  }

  /** The position that a cursor frame may tell now. */
  get positionNow(): Position {
    return this.state === "live" ? this.#delivery.positionOf(this) : this.position;
  }

  write(bytes: Uint8Array): void {
    if (this.closed) return;
    try {
      this.#wrote(this.sink.write(bytes));
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Writes what the running flush found due, and with it moves on to where that flush ends. */
  deliver(node: BatchNode): void {
    this.#delivery.counters.delivered += node.depth;
    try {
      this.#wrote(this.sink.writeShared?.(node) ?? this.sink.write(node.bytes()));
    } catch (error) {
      this.#fail(error);
    }
    if (this.full) this.#fallBehind(this.#delivery.dispatched);
  }

  /** Leaves the live ones at a position that the tail has passed by: from here on it reads for itself. */
  lag(position: Position): void {
    if (this.state !== "live") return;
    this.#fallBehind(position);
    if (!this.full) this.#replay("behind");
  }

  /** Its topics are about to change: it leaves the live ones, reads on by itself to where they do, and comes back. */
  detour(): void {
    if (this.state !== "live") return;
    this.#leaveLive(this.#delivery.positionOf(this));
    this.#replay("change");
  }

  /** Writes a heartbeat if nothing was written since the last sweep and nothing is about to be. */
  beat(frame: (position: Position) => Uint8Array): void {
    const isLive = this.state === "live";
    const isDue = isLive && this.#delivery.isDue(this);
    if (!this.wrote && !this.full && !isDue && !this.closed) {
      // Before the opening frame there is no position to tell: the log has not answered yet.
      const tells = this.opened && this.snapshotState === "none";
      this.write(tells ? frame(this.positionNow) : heartbeatFrame(undefined));
      if (this.full && isLive) this.#fallBehind(this.#delivery.dispatched);
    }
    this.wrote = false;
  }

  /** Waits for a promise, or until the stream has ended: then it answers `undefined`. */
  async orClosed<Value>(promise: Promise<Value>): Promise<Value | undefined> {
    if (this.closed) return undefined;
    const { promise: first, resolve, reject } = Promise.withResolvers<Value | undefined>();
    this.#wakeOnClose = () => resolve(undefined);
    promise.then(resolve, reject);
    try {
      return await first;
    } finally {
      this.#wakeOnClose = undefined;
    }
  }

  /** Waits until the sink can take more, or the stream has ended. */
  async drained(): Promise<void> {
    if (!this.full || this.closed) return;
    await new Promise<void>((resolve) => (this.#wakeOnDrain = resolve));
    this.#wakeOnDrain = undefined;
  }

  /** Ends the stream: after what was written, or at once. */
  close(reason: CloseReason, how: "end" | "destroy" = "end"): void {
    if (this.state === "closed") return;
    this.#reason ??= reason;
    if (how === "destroy") {
      this.sink.destroy();
      return;
    }
    if (this.#ending) return;
    this.#ending = true;
    if (this.state === "live") this.#leaveLive(this.#delivery.positionOf(this));
    this.sink.end();
    this.#wakeOnDrain?.();
    this.#wakeOnClose?.();
    // Who never takes what is left is cut in the end, as one that does not read.
    this.#delivery.filled(this);
  }

  /** Ends the stream gently: its client is told when to come back. */
  dismiss(reason: CloseReason): void {
    if (this.closed) return;
    this.write(retryFrame(this.#delivery.retry()));
    this.close(reason);
  }

  expire(): void {
    // What is due is written first. A snapshot that is cut begins anew: a slow one would never get to its end. Who does
    // not read is not ended gently: the stall limit is for him.
    const isDue = this.state === "live" && this.#delivery.isDue(this);
    if (!isDue && !this.full && this.snapshotState === "none") this.dismiss("expired");
  }

  onDrain(): void {
    if (!this.full) return;
    this.full = false;
    this.#delivery.drained(this);
    if (this.#replaying) this.#wakeOnDrain?.();
    else if (this.state === "catching-up") this.#replay("behind");
  }

  onClose(reason: CloseReason = "client"): void {
    if (this.state === "closed") return;
    if (this.state === "live") this.group.withdraw(this);
    this.state = "closed";
    this.#reason ??= reason;
    this.#wakeOnDrain?.();
    this.#wakeOnClose?.();
    this.#delivery.drained(this);
    this.#delivery.leave(this, this.#reason);
    this.#ended?.resolve(this.#reason);
  }

  /** From here on flushes find this subscriber. Its position is where the running flush ends. */
  goLive(): void {
    this.state = "live";
    this.#replaying = false;
    this.#delivery.enter(this);
  }

  #wrote(more: boolean): void {
    this.wrote = true;
    if (more || this.closed) return;
    this.full = true;
    this.#delivery.filled(this);
  }

  #replay(cause: ReplayCause): void {
    this.#replaying = true;
    this.#delivery.bringToLive(this, cause);
  }

  #fallBehind(position: Position): void {
    if (this.closed) return;
    this.#leaveLive(position);
    if (this.full && this.policy === "disconnect") this.close("slow", "destroy");
  }

  #leaveLive(position: Position): void {
    this.group.withdraw(this);
    this.state = "catching-up";
    this.position = position;
  }

  /** Whoever stands between, a patched response perhaps, has thrown: this stream ends, and no other is touched. */
  #fail(error: unknown): void {
    this.#delivery.logger.error({ error }, "A stream ended because writing to it failed");
    this.close("failed", "destroy");
  }
}
