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

class Replay {
  readonly #subscriber: Subscriber;
  readonly #delivery: Delivery;
  /** To be written next, together. */
  #frames: Uint8Array[] = [];
  #snapshotDue = false;
  /** A snapshot was sent, and its position is due: once a read shows that retention did not overtake it. */
  #positionDue = false;
  #overtaken = 0;
  /** The tail's head when the stream began: what was in the log then is replayed, and not live. */
  #until: Position | undefined;
  /** What was evicted before the first page is no loss to one who asked for what there is. */
  #fromOldest = false;

  constructor(subscriber: Subscriber, delivery: Delivery) {
    this.#subscriber = subscriber;
    this.#delivery = delivery;
  }

  /** Finds where the stream begins, and prepares its first frames. */
  async open({ cursor, earliest }: Subscription): Promise<void> {
    const { log, tail, ready, heartbeat } = this.#delivery;
    const subscriber = this.#subscriber;
    await ready;
    this.#until = tail.head;
    let found: Page | Reset | undefined;
    let reason: ResetReason = "history-changed";
    if (cursor === undefined) {
      subscriber.position = earliest ? (await log.ends()).evictedThrough : tail.head;
      this.#fromOldest = earliest;
      if (subscriber.snapshot !== undefined) this.#demandSnapshot();
    } else {
      const position = parseCursor(cursor);
      if (position === undefined) {
        reason = "unknown-cursor";
        found = { reset: true, oldest: (await log.ends()).evictedThrough };
      } else {
        // The log says whether the position is one of its own, and what it has let go; the tail may still have that.
        subscriber.position = position;
        found = await log.read(position, subscriber.filter, PAGE);
      }
    }
    // With a confession to come the frame has no id: a client that is cut before it must come back with what it had.
    const confesses = found !== undefined && (found.reset ?? subscriber.position.offset < found.evictedThrough.offset);
    const position = confesses || this.#snapshotDue ? undefined : subscriber.position;
    this.#frames.push(openingFrame(position, this.#delivery.retry(), heartbeat));
    if (found !== undefined) this.#take(found, reason);
  }

  /** Reads and writes until the subscriber is live, or its stream has ended. */
  async run(): Promise<void> {
    const { log, tail } = this.#delivery;
    const subscriber = this.#subscriber;
    while (!subscriber.closed) {
      if (this.#snapshotDue) {
        this.#send();
        await subscriber.drained();
        await this.#sendSnapshot();
        continue;
      }
      if (subscriber.full) {
        await subscriber.drained();
        continue;
      }
      const { position } = subscriber;
      const { dispatched } = this.#delivery;
      const known = tail.reachesBackTo(position);
      if (known && position.offset <= dispatched.offset && !this.#tooEarly(dispatched)) {
        if (this.#readTail(dispatched)) return;
      } else if (known || (position.epoch === tail.head.epoch && position.offset > tail.head.offset)) {
        // What follows is not matched yet, or has not even reached the tail.
        this.#settle();
        this.#send();
        await this.#delivery.nextDispatch();
        continue;
      } else {
        const found = await log.read(position, subscriber.filter, PAGE);
        if (subscriber.closed) return;
        this.#take(found, "history-changed");
        this.#send();
        if (this.#overtaken === 2) return subscriber.close("overtaken");
      }
      await this.#delivery.turn();
    }
  }

  #tooEarly(dispatched: Position): boolean {
    const until = this.#until;
    return until !== undefined && until.epoch === dispatched.epoch && until.offset > dispatched.offset;
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
    const { counters } = this.#delivery;
    if (found.reset) {
      counters.resets++;
      this.#fromOldest = true;
      this.#confess((position) => resetFrame(reason, position), found.oldest);
      return;
    }
    if (subscriber.position.offset < found.evictedThrough.offset) {
      if (this.#fromOldest) subscriber.position = found.evictedThrough;
      else if (!this.#gap("evicted", { after: subscriber.position, through: found.evictedThrough })) return;
    }
    this.#fromOldest = false;
    this.#settle();
    let next = 0;
    for (const range of found.corrupt) {
      const before = next;
      while ((found.entries[next]?.offset ?? Infinity) <= range.after.offset) next++;
      this.#addEntries(found, before, next);
      if (!this.#gap("corrupt", range)) return;
    }
    this.#addEntries(found, next, found.entries.length);
    subscriber.position = found.through;
  }

  #addEntries({ entries, through }: Page, start: number, end: number): void {
    const { tail } = this.#delivery;
    const frames: Uint8Array[] = [];
    for (const entry of entries.slice(start, end)) {
      if (!this.#subscriber.filter.matches(entry.topics)) continue;
      const recent = through.epoch === tail.head.epoch ? tail.at(entry.offset) : undefined;
      const { offset, tag } = entry;
      frames.push(recent === undefined ? frameOf(entry, { epoch: through.epoch, offset, tag }) : tail.frame(recent));
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
    this.#subscriber.position = position;
    if (this.#subscriber.snapshot === undefined) {
      this.#frames.push(frame(position));
      return true;
    }
    this.#frames.push(frame(undefined));
    if (this.#positionDue) this.#overtaken++;
    this.#demandSnapshot();
    return false;
  }

  #demandSnapshot(): void {
    this.#snapshotDue = true;
    this.#positionDue = false;
    this.#subscriber.cursorless = true;
  }

  async #sendSnapshot(): Promise<void> {
    const { log, tail, counters } = this.#delivery;
    const subscriber = this.#subscriber;
    if (subscriber.snapshot === undefined || subscriber.closed) return;
    this.#snapshotDue = false;
    subscriber.position = tail.head;
    const frames = subscriber.snapshot(log, subscriber.filter, subscriber.position);
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
      await this.#delivery.turn();
    }
    this.#positionDue = true;
  }

  /** After a snapshot: tells its position. From here on frames carry an `id:` again. */
  #settle(): void {
    const subscriber = this.#subscriber;
    if (!this.#positionDue) return;
    this.#positionDue = false;
    this.#overtaken = 0;
    subscriber.cursorless = false;
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
