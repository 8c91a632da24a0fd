import { formatCursor } from "./cursor.ts";
import { milliseconds, type Duration } from "./duration.ts";
import { HubError } from "./error.ts";
import { FanOut } from "./fan-out.ts";
import { Heartbeat } from "./heartbeat.ts";
import type { Draft, Durability, Followed, Log, Position } from "./log/log.ts";
import type { Logger } from "./logger.ts";
import { retryFrame } from "./notices.ts";
import {
  checkPublication,
  hashKey,
  type Addressed,
  type Checked,
  type PublicationLimits,
  type UntypedPublication,
} from "./publication.ts";
import { bringToLive } from "./replay.ts";
import { randomBetween, type Runtime } from "./runtime.ts";
import { CLOSE_REASONS, type CloseReason, type Sink } from "./sink.ts";
import { Subscriber, type Counters, type Delivery } from "./subscriber.ts";
import type { Subscription } from "./subscription.ts";
import { Tail } from "./tail.ts";
import { TopicIndex } from "./topic-index.ts";

/** What the tail may hold, in bytes. */
const TAIL_BYTES = 8 * 1024 * 1024;
/** How many replays send a page in one turn of the event loop. */
const REPLAYS_PER_TURN = 32;
/** How long to wait before the log is followed again after it failed, in milliseconds. */
const FOLLOW_AGAIN = 1_000;
const NOWHERE: Position = { epoch: "0", offset: 0, tag: 0 };

/** The answer to a publish: the event is in the log. */
export interface Published {
  /** The event's cursor: what `id:` carries. */
  readonly id: string;
  /** What the acknowledgement survives. */
  readonly durability: Durability;
  /** The event was there already, under the same idempotency key. */
  readonly duplicate?: true;
}

/** What a hub is doing, and has done since it was made. */
export interface HubStats {
  readonly subscribers: number;
  readonly subscribersByState: { readonly replaying: number; readonly live: number; readonly catchingUp: number };
  /** Topics and patterns with a subscriber. */
  readonly topics: number;
  /** Events appended, without duplicates. */
  readonly published: number;
  /** Events written to subscribers. */
  readonly delivered: number;
  readonly gaps: number;
  readonly resets: number;
  /** Streams that ended, by reason. */
  readonly closed: Readonly<Record<CloseReason, number>>;
  /** The newest event's cursor. */
  readonly head: string;
  readonly durability: Durability;
}

/** Everything the engine is made with, settled. */
export interface EngineSettings extends PublicationLimits {
  readonly log: Log;
  readonly logger: Logger;
  readonly runtime: Runtime;
  /** In milliseconds. */
  readonly heartbeat: number;
  /** The range of every connection's `retry:`, in milliseconds. */
  readonly retry: { readonly min: number; readonly max: number };
}

/** The hub without a front: publishes to its log, follows it, and writes to sinks. */
export class Engine implements Delivery {
  readonly log: Log;
  readonly logger: Logger;
  readonly runtime: Runtime;
  readonly heartbeat: number;
  readonly tail: Tail = new Tail(NOWHERE, TAIL_BYTES);
  readonly counters: Counters = { published: 0, delivered: 0, gaps: 0, resets: 0 };
  readonly ready: Promise<void>;
  readonly #settings: EngineSettings;
  readonly #subscribers = new Set<Subscriber>();
  readonly #index = new TopicIndex<Subscriber>();
  readonly #fanOut: FanOut;
  readonly #heartbeat: Heartbeat;
  readonly #closed = Object.fromEntries(CLOSE_REASONS.map((reason) => [reason, 0])) as Record<CloseReason, number>;
  readonly #stopped = new AbortController();
  /** Publishes that wait for the hash of a key; later ones wait for them, so that calls keep their order. */
  #hashing: Promise<unknown> | undefined;
  #turns: (() => void)[] = [];
  #onEmpty: (() => void) | undefined;
  #closing: Promise<void> | undefined;

  constructor(settings: EngineSettings) {
    this.#settings = settings;
    this.log = settings.log;
    this.logger = settings.logger;
    this.runtime = settings.runtime;
    this.heartbeat = settings.heartbeat;
    this.#fanOut = new FanOut(this.tail, this.#index, this.runtime, (from) => this.#lagAll(from));
    this.#heartbeat = new Heartbeat(settings.heartbeat, this.runtime, this.#subscribers);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ready = promise;
    void this.#follow(resolve);
  }

  get dispatched(): Position {
    return this.#fanOut.dispatched;
  }

  get closed(): boolean {
    return this.#closing !== undefined;
  }

  /**
   * Appends events to the log, next to each other.
   *
   * @throws HubError if one of them is refused; then none was appended
   */
  async publish(publications: readonly Addressed<UntypedPublication>[]): Promise<Published[]> {
    if (this.#closing !== undefined) throw new HubError("closed", "The hub is closed");
    if (publications.length > this.#settings.maxBatch) {
      throw new HubError("batch-too-large", `A batch has at most ${this.#settings.maxBatch} events`);
    }
    const checked = publications.map((publication) => checkPublication(publication, this.#settings));
    const keyed = checked.some(({ idempotencyKey }) => idempotencyKey !== undefined);
    const drafts = keyed || this.#hashing !== undefined ? await this.#hash(checked) : checked.map(unkeyed);
    const appended = await this.log.append(drafts).catch(logFailure);
    const { durability } = this.log;
    return appended.map(({ position, duplicate }) => {
      if (duplicate) return { id: formatCursor(position), durability, duplicate };
      this.counters.published++;
      return { id: formatCursor(position), durability };
    });
  }

  /** Begins a stream. On a hub that is closing it is told when to come back, and ends. */
  subscribe(sink: Sink, subscription: Subscription): Subscriber | undefined {
    if (this.#closing !== undefined) {
      sink.listen({ onDrain() {}, onClose() {} });
      sink.write(retryFrame(this.retry()));
      sink.end();
      return undefined;
    }
    const subscriber = new Subscriber(sink, subscription, this);
    this.#subscribers.add(subscriber);
    this.#index.add(subscriber);
    this.#heartbeat.start();
    return subscriber;
  }

  stats(): HubStats {
    const states = { replaying: 0, live: 0, catchingUp: 0 };
    for (const { state } of this.#subscribers) {
      if (state === "live" || state === "replaying") states[state]++;
      else states.catchingUp++;
    }
    const { durability } = this.log;
    return {
      subscribers: this.#subscribers.size,
      subscribersByState: states,
      topics: this.#index.size,
      ...this.counters,
      closed: { ...this.#closed },
      head: formatCursor(this.tail.head),
      durability,
    };
  }

  /** See `Hub.close`. */
  close(drain: Duration): Promise<void> {
    return (this.#closing ??= this.#drain(milliseconds(drain, "drain")));
  }

  nextDispatch(): Promise<void> {
    return this.#fanOut.next();
  }

  turn(): Promise<void> {
    return new Promise((resolve) => {
      this.#turns.push(resolve);
      if (this.#turns.length === 1) this.runtime.defer(() => this.#takeTurns());
    });
  }

  retry(): number {
    const { min, max } = this.#settings.retry;
    return randomBetween(this.runtime, min, max);
  }

  bringToLive(subscriber: Subscriber, subscription?: Subscription): void {
    void bringToLive(subscriber, this, subscription);
  }

  leave(subscriber: Subscriber, reason: CloseReason): void {
    this.#closed[reason]++;
    this.#subscribers.delete(subscriber);
    this.#index.delete(subscriber);
    if (this.#subscribers.size > 0) return;
    this.#heartbeat.stop();
    this.#onEmpty?.();
  }

  async #hash(checked: readonly Checked[]): Promise<Draft[]> {
    const before = this.#hashing;
    const mine = (async () => {
      const drafts = await Promise.all(
        checked.map(async (each) => {
          const draft = unkeyed(each);
          return each.idempotencyKey === undefined
            ? draft
            : { ...draft, key: await hashKey(each, each.idempotencyKey) };
        }),
      );
      await before;
      return drafts;
    })();
    this.#hashing = mine;
    const drafts = await mine;
    if (this.#hashing === mine) this.#hashing = undefined;
    return drafts;
  }

  async #follow(ready: () => void): Promise<void> {
    const { signal } = this.#stopped;
    let begun = false;
    while (!signal.aborted) {
      try {
        if (!begun) {
          this.tail.restart((await this.log.ends()).head);
          this.#fanOut.restart();
          begun = true;
          ready();
        }
        for await (const told of this.log.follow(this.tail.head, signal)) this.#take(told);
      } catch (error) {
        if (signal.aborted) return;
        this.logger.error({ error }, "The log cannot be followed; trying again");
        await new Promise<void>((resolve) => this.runtime.after(FOLLOW_AGAIN, resolve));
      }
    }
  }

  #take(told: Followed): void {
    const { tail } = this;
    if (told.reset) {
      this.#restart(told.position);
      return;
    }
    const [first] = told.entries;
    if (first === undefined) return;
    // What lies between is gone. Its tag is not known, and a position that no tag fits is looked up in the log.
    if (first.offset !== tail.head.offset + 1) {
      this.#restart({ epoch: tail.head.epoch, offset: first.offset - 1, tag: 0 });
    }
    for (const entry of told.entries) tail.push(entry);
    this.#fanOut.schedule();
  }

  #restart(position: Position): void {
    this.#lagAll(this.dispatched);
    this.tail.restart(position);
    this.#fanOut.restart();
  }

  /** Sends those who are live to the log: they find out there what they missed. */
  #lagAll(dispatched: Position): void {
    for (const subscriber of this.#subscribers) {
      subscriber.lag(subscriber.node === undefined ? dispatched : subscriber.position);
    }
  }

  #takeTurns(): void {
    const now = this.#turns.splice(0, REPLAYS_PER_TURN);
    if (this.#turns.length > 0) this.runtime.defer(() => this.#takeTurns());
    for (const resolve of now) resolve();
  }

  async #drain(limit: number): Promise<void> {
    const deadline = this.runtime.elapsed() + limit;
    // What was acknowledged reaches those who are live before they are sent away.
    const head = await this.log.ends().then(
      (ends) => ends.head.offset,
      () => 0,
    );
    while (!(this.#fanOut.idle && this.dispatched.offset >= head) && this.runtime.elapsed() < deadline) {
      await new Promise<void>((resolve) => this.runtime.defer(resolve));
    }
    this.#heartbeat.stop();
    for (const subscriber of this.#subscribers) {
      subscriber.write(retryFrame(this.retry()));
      subscriber.close("closed");
    }
    if (this.#subscribers.size > 0) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#onEmpty = resolve;
      const cancel = this.runtime.after(Math.max(0, deadline - this.runtime.elapsed()), resolve);
      await promise;
      cancel();
    }
    for (const subscriber of this.#subscribers) subscriber.close("closed", "destroy");
    this.#stopped.abort();
    await this.log.close();
  }
}

/** A refusal is told as it is; anything else is the log's own trouble, and the outcome is not known. */
function logFailure(cause: unknown): never {
  if (cause instanceof HubError) throw cause;
  throw new HubError("log-failed", "The log failed; publish again with an idempotency key to be sure", { cause });
}

function unkeyed({ idempotencyKey: _, ...draft }: Checked): Draft {
  return { ...draft, key: undefined };
}
