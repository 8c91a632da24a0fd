import { Admission, type AdmissionSettings } from "./admission/admission.ts";
import type { Party } from "./admission/party.ts";
import { PublishAdmission } from "./admission/publish-admission.ts";
import type { Refusal, RefusalReason } from "./admission/refusal.ts";
import { Changes } from "./changes/changes.ts";
import type { StreamChange } from "./changes/check-change.ts";
import { Congestion, type CongestionLimits } from "./congestion.ts";
import { formatCursor } from "./cursor.ts";
import { milliseconds, type Duration } from "./duration.ts";
import { HubError } from "./error.ts";
import { FanOut } from "./fan-out.ts";
import { Frames } from "./frames.ts";
import { Groups } from "./group.ts";
import { Heartbeat } from "./heartbeat.ts";
import type { Durability, Followed, Log, Position } from "./log/log.ts";
import type { Logger } from "./logger.ts";
import type { Addressed, PublicationLimits, UntypedPublication } from "./publication.ts";
import { Publisher, type Published } from "./publisher.ts";
import { bringToLive } from "./replay.ts";
import { randomBetween, type Runtime } from "./runtime.ts";
import { CLOSE_REASONS, type CloseReason, type Sink } from "./sink.ts";
import { SharedPages } from "./shared-pages.ts";
import { Subscriber, type Counters, type Delivery, type ReplayCause } from "./subscriber.ts";
import { checkSubscription, type Subscription, type SubscriptionRequest } from "./subscription.ts";
import { Tail } from "./tail.ts";
import type { TopicFilter } from "./topic-filter.ts";
import { Turns } from "./turns.ts";

/** What the tail may hold, the pages made last, and the frames of older entries made last: in bytes, each. */
const TAIL_BYTES = 8 * 1024 * 1024;
/** How long to wait before the log is followed again after it failed, in milliseconds. */
const FOLLOW_AGAIN = 1_000;
/** How often a hub that is closing looks whether all was delivered, in milliseconds. */
const LOOK_AGAIN = 5;
const NOWHERE: Position = { epoch: "0", offset: 0, tag: 0 };

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
  /** What is buffered for those who do not keep up, in bytes. */
  readonly bufferedBytes: number;
  /** Streams that ended, by reason. */
  readonly closed: Readonly<Record<CloseReason, number>>;
  /** Streams that were refused before they began, by reason. Also counted in `closed.shed`. */
  readonly refused: Readonly<Record<RefusalReason, number>>;
  /** Whether the event loop has been late for so long that streams are refused. */
  readonly overloaded: boolean;
  /** Changes of the topics of open streams, those that changed nothing included. */
  readonly changes: number;
  /** Publishes, and changes of streams, that were refused because a rate was used up. */
  readonly rateLimited: number;
  /** The newest event's cursor. */
  readonly head: string;
  readonly durability: Durability;
  /** Whether an event that is published now is expected to be taken: the hub is not closed, and its log can append. */
  readonly ready: boolean;
}

/** Everything the engine is made with, settled. */
export interface EngineSettings extends PublicationLimits, CongestionLimits, AdmissionSettings {
  readonly log: Log;
  readonly logger: Logger;
  readonly runtime: Runtime;
  /** In milliseconds. */
  readonly heartbeat: number;
  /** The range of every connection's `retry:`, in milliseconds. */
  readonly retry: { readonly min: number; readonly max: number };
  /** Topics and patterns of one subscription. */
  readonly maxTopics: number;
  /** Pages that are read for replays at a time. */
  readonly replays: number;
}

/** The hub without a front: publishes to its log, follows it, and writes to sinks. */
export class Engine implements Delivery {
  readonly log: Log;
  readonly logger: Logger;
  readonly runtime: Runtime;
  readonly heartbeat: number;
  readonly tail: Tail = new Tail(NOWHERE, TAIL_BYTES);
  readonly pages: SharedPages = new SharedPages(TAIL_BYTES);
  readonly frames: Frames = new Frames(TAIL_BYTES);
  readonly turns: Turns;
  readonly changes: Changes;
  readonly counters: Counters = { published: 0, delivered: 0, gaps: 0, resets: 0 };
  readonly ready: Promise<void>;
  readonly #settings: EngineSettings;
  readonly #subscribers = new Set<Subscriber>();
  readonly #groups = new Groups();
  readonly #publisher: Publisher;
  readonly #admission: Admission;
  readonly #publishAdmission: PublishAdmission;
  readonly #fanOut: FanOut;
  readonly #heartbeat: Heartbeat;
  readonly #congestion: Congestion;
  readonly #closed = Object.fromEntries(CLOSE_REASONS.map((reason) => [reason, 0])) as Record<CloseReason, number>;
  readonly #stopped = new AbortController();
  #onEmpty: (() => void) | undefined;
  #closing: Promise<void> | undefined;

  constructor(settings: EngineSettings) {
    this.#settings = settings;
    this.log = settings.log;
    this.logger = settings.logger;
    this.runtime = settings.runtime;
    this.heartbeat = settings.heartbeat;
    this.#publishAdmission = new PublishAdmission(settings.limits, this.runtime);
    this.#publisher = new Publisher(settings.log, settings, this.counters, this.#publishAdmission);
    const take = (by: Party): void => this.#publishAdmission.take(1, by);
    const { maxTopics, maxEventBytes } = settings;
    this.changes = new Changes({ log: this.log, tail: this.tail, maxTopics, maxEventBytes, take });
    this.turns = new Turns(this.runtime, settings.replays, () => !this.#fanOut.idle);
    this.#fanOut = new FanOut(this.tail, this.#groups, this.runtime, () => this.#lagAll(() => this.dispatched));
    this.#congestion = new Congestion(settings, this.runtime);
    this.#admission = new Admission(settings, settings.retry, this.runtime, this.#subscribers);
    this.#heartbeat = new Heartbeat(settings.heartbeat, this.runtime, this.#subscribers);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ready = promise;
    void this.#follow(resolve);
  }

  get dispatched(): Position {
    return this.#fanOut.dispatched;
  }

  get maxBatch(): number {
    return this.#settings.maxBatch;
  }

  get closed(): boolean {
    return this.#closing !== undefined;
  }

  /**
   * Appends events to the log, next to each other.
   *
   * @throws HubError if one of them is refused; then none was appended
   */
  async publish(publications: readonly Addressed<UntypedPublication>[], by: Party): Promise<Published[]> {
    if (this.#closing !== undefined) throw new HubError("closed", "The hub is closed");
    return this.#publisher.publish(publications, by);
  }

  /**
   * Checks what a subscriber asks for.
   *
   * @throws HubError `bad-topic`, `too-many-topics` or `bad-from`
   */
  subscription(request: SubscriptionRequest): Subscription {
    return checkSubscription(request, this.#settings.maxTopics);
  }

  /** Whether a stream may not begin: then why, and when its client is to come back. */
  refusal(party: Party): Refusal | undefined {
    if (this.closed) return { reason: "closed", retry: this.retry() };
    return this.#admission.refusal(party);
  }

  /**
   * Changes the topics of an open stream that was told its name. Resolves with the cursor from which on that holds.
   *
   * @throws HubError if it is refused, and then nothing was changed; `log-failed` if that is not known
   */
  async change(name: string, change: StreamChange, by: Party): Promise<string> {
    if (this.#closing !== undefined) throw new HubError("closed", "The hub is closed");
    return formatCursor(await this.changes.change(name, change, by));
  }

  /** Begins a stream, which `refusal` let in just now. */
  subscribe(sink: Sink, subscription: Subscription, party: Party): Subscriber {
    const group = this.#groups.join(subscription.filter);
    const subscriber = new Subscriber(sink, group, subscription, this);
    this.#admission.enter(subscriber, party);
    this.#subscribers.add(subscriber);
    if (subscription.named) this.changes.name(subscriber);
    this.#heartbeat.start();
    return subscriber;
  }

  stats(): HubStats {
    const states = { replaying: 0, live: 0, catchingUp: 0 };
    for (const { state } of this.#subscribers) {
      if (state === "live" || state === "replaying") states[state]++;
      else states.catchingUp++;
    }
    const { durability, ready } = this.log;
    const { refused, overloaded } = this.#admission;
    const shed = Object.values(refused).reduce((sum, count) => sum + count, 0);
    return {
      subscribers: this.#subscribers.size,
      subscribersByState: states,
      topics: this.#groups.topics,
      ...this.counters,
      bufferedBytes: this.#congestion.bytes,
      closed: { ...this.#closed, shed: this.#closed.shed + shed },
      refused,
      overloaded,
      changes: this.changes.made,
      rateLimited: this.#publishAdmission.refused,
      head: formatCursor(this.tail.head),
      durability,
      ready: ready && !this.closed,
    };
  }

  /** See `Hub.close`. */
  async close(drain: Duration): Promise<void> {
    await (this.#closing ??= this.#drain(milliseconds(drain, "drain")));
  }

  nextDispatch(): Promise<void> {
    return this.#fanOut.next();
  }

  isDue(subscriber: Subscriber): boolean {
    return this.#fanOut.isDue(subscriber);
  }

  positionOf(subscriber: Subscriber): Position {
    return this.#fanOut.positionOf(subscriber);
  }

  enter(subscriber: Subscriber): void {
    this.#fanOut.enter(subscriber);
  }

  filled(subscriber: Subscriber): void {
    this.#congestion.add(subscriber);
  }

  drained(subscriber: Subscriber): void {
    this.#congestion.delete(subscriber);
  }

  retry(): number {
    const { min, max } = this.#settings.retry;
    return randomBetween(this.runtime, min, max);
  }

  bringToLive(subscriber: Subscriber, cause: ReplayCause): void {
    void bringToLive(subscriber, this, cause);
  }

  regroup(subscriber: Subscriber, filter: TopicFilter): void {
    const { group } = subscriber;
    subscriber.group = this.#groups.join(filter);
    this.#groups.leave(group);
  }

  leave(subscriber: Subscriber, reason: CloseReason): void {
    this.#closed[reason]++;
    this.#subscribers.delete(subscriber);
    this.changes.forget(subscriber);
    this.#groups.leave(subscriber.group);
    this.#admission.leave(subscriber);
    if (this.#subscribers.size > 0) return;
    this.#heartbeat.stop();
    this.#onEmpty?.();
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
        for await (const told of this.log.follow(this.tail.head, signal)) await this.#take(told);
        if (!signal.aborted) throw new Error("The log has ended");
      } catch (error) {
        if (signal.aborted) return;
        this.logger.error({ error }, "The log cannot be followed; trying again");
        await this.#pause(FOLLOW_AGAIN);
      }
    }
  }

  async #take(told: Followed): Promise<void> {
    if (told.reset) {
      this.changes.reset(told.position);
      this.#restart(told.position);
      return;
    }
    const { tail } = this;
    for (const entry of told.entries) {
      // What lies between is gone. Its tag is not known, and a position that no tag fits is looked up in the log.
      if (entry.offset !== tail.head.offset + 1) {
        const position = { epoch: tail.head.epoch, offset: entry.offset - 1, tag: 0 };
        this.changes.skipped(position);
        this.#restart(position);
      }
      tail.push(entry);
      this.#fanOut.schedule();
      this.changes.told(entry, tail.head);
      // The log waits for the slowest thing here, so that nothing leaves the tail before it was dispatched.
      while (tail.isFullAfter(this.dispatched.offset)) await this.#fanOut.next();
    }
  }

  #restart(position: Position): void {
    const { dispatched, start } = this.#fanOut;
    this.tail.restart(position);
    this.pages.clear();
    this.frames.clear();
    this.#fanOut.restart();
    this.#lagAll((subscriber) => (this.isDue(subscriber) ? start : dispatched));
  }

  /** Sends those who are live to the log: they find out there what they missed. */
  #lagAll(positionOf: (subscriber: Subscriber) => Position): void {
    for (const subscriber of this.#subscribers) subscriber.lag(positionOf(subscriber));
  }

  async #drain(limit: number): Promise<void> {
    const begun = this.runtime.elapsed();
    // What was acknowledged is delivered to those who can take it, before all are sent away.
    while (!this.#isDelivered() && this.runtime.elapsed() < begun + limit / 2) await this.#pause(LOOK_AGAIN, true);
    this.#heartbeat.stop();
    this.#admission.stop();
    for (const subscriber of this.#subscribers) subscriber.dismiss("closed");
    const left = (): number => Math.max(0, begun + limit - this.runtime.elapsed());
    if (this.#subscribers.size > 0)
      await this.#within(left(), new Promise<void>((resolve) => (this.#onEmpty = resolve)));
    for (const subscriber of this.#subscribers) subscriber.close("closed", "destroy");
    this.#stopped.abort();
    const closed = this.log.close().catch((error: unknown) => this.logger.error({ error }, "The log failed to close"));
    await this.#within(left(), closed);
    this.#congestion.stop();
  }

  #isDelivered(): boolean {
    const { dispatched } = this;
    const { pending, acknowledged } = this.#publisher;
    if (pending > 0 || !this.#fanOut.idle) return false;
    if (acknowledged?.epoch === dispatched.epoch && acknowledged.offset > dispatched.offset) return false;
    for (const { state, closed } of this.#subscribers) if (!closed && state !== "live") return false;
    return true;
  }

  /** Waits for something, and no longer than so many milliseconds. Whoever waits for a hub to close holds the process. */
  #within(ms: number, something: Promise<void>): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.runtime.after(ms, resolve, true);
      void something.then(() => {
        cancel();
        resolve();
      });
    });
  }

  #pause(ms: number, holds = false): Promise<void> {
    return new Promise((resolve) => this.runtime.after(ms, resolve, holds));
  }
}
