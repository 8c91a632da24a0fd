import { concat } from "./bytes.ts";
import { parseCursor } from "./cursor.ts";
import type { Page, Position, Range, Reset } from "./log/log.ts";
import {
  gapFrame,
  heartbeatFrame,
  liveFrame,
  openingFrame,
  resetFrame,
  type GapReason,
  type ResetReason,
} from "./notices.ts";
import type { Delivery, Subscriber } from "./subscriber.ts";
import type { Subscription } from "./subscription.ts";
import { frameOf } from "./tail.ts";

/** How much is read and written at a time. Equal to what a sink takes before it is full. */
const PAGE = { entries: 1_024, bytes: 65_536 };

/**
 * Brings a subscriber from its position to live: what it missed, page by page as its sink drains, confessing what is
 * gone; then, in one synchronous step with the last page, among those whom flushes find.
 *
 * @param subscription given for a stream that begins, not for one that catches up
 */
export async function bringToLive(
  subscriber: Subscriber,
  delivery: Delivery,
  subscription?: Subscription,
): Promise<void> {
  try {
    const replay = new Replay(subscriber, delivery);
    if (subscription !== undefined) await replay.open(subscription);
    await replay.run();
  } catch (error) {
    if (subscriber.closed) return;
    delivery.logger.error({ error }, "A stream ended because the log or its snapshot failed");
    subscriber.close("failed");
  }
}

/** Whether entries after a position are gone. */
function isBehind(position: Position, { evictedThrough }: Page): boolean {
  return position.offset < evictedThrough.offset;
}

// Whatever a replay waits for, it may find the stream ended afterwards: then it stops, and lets go of everything.
class Replay {
  readonly #subscriber: Subscriber;
  readonly #delivery: Delivery;
  /** To be written next, together. */
  #frames: Uint8Array[] = [];
  /** How often in a row retention overtook the snapshot. */
  #overtaken = 0;
  /** The tail's head when the stream began: what was in the log then is replayed, and not live. */
  #until: Position | undefined;
  /** Where the log had no more when it was read last. */
  #exhausted: Position | undefined;

  constructor(subscriber: Subscriber, delivery: Delivery) {
    this.#subscriber = subscriber;
    this.#delivery = delivery;
  }

  /** Finds where the stream begins, and prepares its first frames. */
  async open({ cursor, earliest }: Subscription): Promise<void> {
    const { tail, ready, heartbeat } = this.#delivery;
    const subscriber = this.#subscriber;
    await subscriber.orClosed(ready);
    if (subscriber.closed) return;
    this.#until = subscriber.position = tail.head;
    if (cursor === undefined && subscriber.snapshot !== undefined) subscriber.snapshotState = "due";
    let found: Page | Reset | undefined;
    let reason: ResetReason = "history-changed";
    if (cursor !== undefined || earliest) {
      const asked = cursor === undefined ? undefined : parseCursor(cursor);
      const ends = asked === undefined ? await subscriber.orClosed(this.#delivery.log.ends()) : undefined;
      if (subscriber.closed) return;
      if (cursor !== undefined && ends !== undefined) {
        reason = "unknown-cursor";
        found = { reset: true, oldest: ends.evictedThrough };
      } else {
        // The log says whether a cursor is one of its own, and what it has let go; the tail may still have that.
        subscriber.position = asked ?? ends?.evictedThrough ?? tail.head;
        found = await this.#read();
        if (found === undefined) return;
        // Who asks for what there is misses nothing of what went while he asked.
        if (earliest && cursor === undefined) subscriber.position = found.reset ? found.oldest : found.evictedThrough;
        if (earliest && cursor === undefined && found.reset) found = undefined;
      }
    }
    // With a confession to come the frame has no id: a client that is cut before it must come back with what it had.
    const confesses = found !== undefined && (found.reset ?? isBehind(subscriber.position, found));
    const position = confesses || subscriber.snapshotState === "due" ? undefined : subscriber.position;
    this.#frames.push(openingFrame(position, this.#delivery.retry(), heartbeat));
    if (found !== undefined) this.#take(found, reason);
  }

  /** Reads and writes until the subscriber is live, or its stream has ended. */
  async run(): Promise<void> {
    const { tail } = this.#delivery;
    const subscriber = this.#subscriber;
    while (!subscriber.closed) {
      if (subscriber.full) {
        await subscriber.drained();
        continue;
      }
      if (subscriber.snapshotState === "due") {
        this.#send();
        await this.#sendSnapshot();
        continue;
      }
      const { position } = subscriber;
      const { dispatched } = this.#delivery;
      const isInTail = tail.reachesBackTo(position);
      if (isInTail && position.offset <= dispatched.offset && !this.#tooEarly(dispatched)) {
        if (this.#readTail(dispatched)) return;
        await subscriber.orClosed(this.#delivery.turn());
      } else if (isInTail || this.#isAheadOfTail(position)) {
        // What follows is not matched yet, or has not even reached the tail. After that the log is asked again.
        this.#exhausted = undefined;
        this.#settle();
        this.#send();
        await subscriber.orClosed(this.#delivery.nextDispatch());
      } else {
        this.#send();
        const found = await this.#read();
        if (found !== undefined) this.#take(found, "history-changed");
        this.#send();
        if (this.#overtaken === 2) return subscriber.close("overtaken");
      }
    }
  }

  /** The next page of the log, when it is this replay's turn; nothing if the stream has ended meanwhile. */
  async #read(): Promise<Page | Reset | undefined> {
    const { log } = this.#delivery;
    const subscriber = this.#subscriber;
    await subscriber.orClosed(this.#delivery.turn());
    if (subscriber.closed) return undefined;
    const found = await subscriber.orClosed(log.read(subscriber.position, subscriber.filter, PAGE));
    return subscriber.closed ? undefined : found;
  }

  #tooEarly(dispatched: Position): boolean {
    const until = this.#until;
    if (until === undefined || until.epoch !== dispatched.epoch) return false;
    return until.offset > dispatched.offset && until.offset <= this.#delivery.tail.head.offset;
  }

  /** Whether the log itself, just now, had no more than this, and the tail has less: then the tail is what is late. */
  #isAheadOfTail(position: Position): boolean {
    const { head } = this.#delivery.tail;
    return position === this.#exhausted && (position.epoch !== head.epoch || position.offset > head.offset);
  }

  /** Goes on by a page of the tail. Whether the subscriber is live now: then in the same step with the last frame. */
  #readTail(dispatched: Position): boolean {
    const { tail } = this.#delivery;
    const subscriber = this.#subscriber;
    this.#settle();
    const { frames, last } = tail.frames(subscriber.filter, subscriber.position.offset, dispatched.offset, PAGE.bytes);
    this.#add(frames);
    subscriber.position = tail.at(last)?.position ?? subscriber.position;
    if (last !== dispatched.offset) {
      this.#send();
      return false;
    }
    if (!subscriber.announced) this.#frames.push(liveFrame(subscriber.position));
    subscriber.announced = true;
    this.#send();
    if (subscriber.closed) return true;
    if (subscriber.full) subscriber.state = "catching-up";
    else subscriber.goLive();
    return !subscriber.full;
  }

  /** Takes what the log has found after the subscriber's position: entries, or what is to be confessed. */
  #take(found: Page | Reset, reason: ResetReason): void {
    const subscriber = this.#subscriber;
    if (found.reset) {
      this.#delivery.counters.resets++;
      this.#confess((position) => resetFrame(reason, position), found.oldest);
      return;
    }
    if (isBehind(subscriber.position, found)) {
      if (!this.#gap("evicted", { after: subscriber.position, through: found.evictedThrough })) return;
    }
    this.#settle();
    let next = 0;
    for (const range of found.corrupt) {
      const before = next;
      while ((found.entries[next]?.offset ?? Infinity) <= range.after.offset) next++;
      this.#addEntries(found, before, next);
      if (!this.#gap("corrupt", range)) return;
    }
    this.#addEntries(found, next, found.entries.length);
    this.#exhausted = found.through.offset === subscriber.position.offset ? found.through : undefined;
    subscriber.position = found.through;
  }

  #addEntries({ entries, through }: Page, start: number, end: number): void {
    const { tail } = this.#delivery;
    const frames: Uint8Array[] = [];
    for (const entry of entries.slice(start, end)) {
      if (!this.#subscriber.filter.matches(entry.topics)) continue;
      const { offset, tag } = entry;
      const recent = through.epoch === tail.head.epoch ? tail.at(offset) : undefined;
      const isSame = recent !== undefined && recent.entry.tag === tag;
      frames.push(isSame ? tail.frame(recent) : frameOf(entry, { epoch: through.epoch, offset, tag }));
    }
    this.#add(frames);
  }

  #add(frames: readonly Uint8Array[]): void {
    this.#delivery.counters.delivered += frames.length;
    for (const frame of frames) this.#frames.push(frame);
  }

  #gap(reason: GapReason, range: Range): boolean {
    this.#delivery.counters.gaps++;
    return this.#confess((position) => gapFrame(reason, range, position), range.through);
  }

  /** Tells what cannot be vouched for, and goes on from a position. Whether it does: a snapshot comes first. */
  #confess(frame: (position: Position | undefined) => Uint8Array, position: Position): boolean {
    const subscriber = this.#subscriber;
    subscriber.position = position;
    if (subscriber.snapshot === undefined) {
      this.#frames.push(frame(position));
      return true;
    }
    this.#frames.push(frame(undefined));
    if (subscriber.snapshotState === "sent") this.#overtaken++;
    subscriber.snapshotState = "due";
    return false;
  }

  async #sendSnapshot(): Promise<void> {
    const { log, tail, counters } = this.#delivery;
    const subscriber = this.#subscriber;
    const { snapshot } = subscriber;
    await subscriber.drained();
    if (snapshot === undefined || subscriber.closed) return;
    subscriber.snapshotState = "running";
    if (snapshot.ofHead) subscriber.position = tail.head;
    const frames = snapshot.frames(log, subscriber.filter, subscriber.position);
    let written = 0;
    for (;;) {
      const next = await subscriber.orClosed(frames.next());
      if (next === undefined) {
        // Not awaited: a source that hangs would hold the stream. Its own error has no one left to hear it.
        frames.return?.().catch(() => undefined);
        return;
      }
      if (next.done) break;
      counters.delivered++;
      written += next.value.length;
      subscriber.write(next.value);
      await subscriber.drained();
      if (written < PAGE.bytes) continue;
      written = 0;
      await subscriber.orClosed(this.#delivery.turn());
    }
    subscriber.snapshotState = "sent";
  }

  /**
   * After a snapshot: tells its position, now that a read has shown that retention did not overtake it. From here on
   * frames carry an `id:` again.
   */
  #settle(): void {
    const subscriber = this.#subscriber;
    if (subscriber.snapshotState !== "sent") return;
    subscriber.snapshotState = "none";
    this.#overtaken = 0;
    this.#frames.push(heartbeatFrame(subscriber.position));
  }

  #send(): void {
    if (this.#frames.length === 0) return;
    const frames = this.#frames;
    this.#frames = [];
    this.#subscriber.opened = true;
    this.#subscriber.write(concat(frames));
  }
}
