import { concat } from "./bytes.ts";
import type { NamedStream } from "./changes/named-stream.ts";
import { cutPage } from "./changes/cut-page.ts";
import { parseCursor } from "./cursor.ts";
import { framesOf } from "./frames.ts";
import { isThrough, type Entry, type Page, type PageLimit, type Position, type Range, type Reset } from "./log/log.ts";
import {
  gapFrame,
  heartbeatFrame,
  liveFrame,
  openingFrame,
  resetFrame,
  type GapReason,
  type ResetReason,
} from "./notices.ts";
import type { SharedPage } from "./shared-pages.ts";
import { newestSince, type SnapshotSource } from "./snapshot.ts";
import type { Delivery, ReplayCause, Subscriber } from "./subscriber.ts";
import type { Subscription } from "./subscription.ts";
import type { TopicFilter } from "./topic-filter.ts";

/** How much is read and written at a time. Equal to what a sink takes before it is full. */
const PAGE: PageLimit = { entries: 1_024, bytes: 65_536 };
/** Enough to hear whether a cursor is of this history, and what of it is gone. */
const PROBE: PageLimit = { entries: 1, bytes: 1 };
/** Up to here a copy costs less than a write of its own, in bytes. */
const COPIED = 4_096;

/**
 * Brings a subscriber from its position to live: what it missed, page by page as its sink drains, confessing what is
 * gone; then, in one synchronous step with the last page, among those whom flushes find.
 *
 * @param cause the subscription of a stream that begins; otherwise why it is not live any more
 */
export async function bringToLive(subscriber: Subscriber, delivery: Delivery, cause: ReplayCause): Promise<void> {
  try {
    const replay = new Replay(subscriber, delivery, cause === "change");
    if (typeof cause !== "string") await replay.open(cause);
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

function isAhead(position: Position, other: Position): boolean {
  return position.epoch === other.epoch && position.offset > other.offset;
}

/** Whether some entry is not the newest of any of its topics that the filter asks for. */
function repeatsTopics(entries: readonly Entry[], filter: TopicFilter): boolean {
  const seen = new Set<string>();
  for (const { topics } of entries.toReversed()) {
    const wanted = topics.filter((topic) => filter.matches([topic]));
    if (wanted.length > 0 && wanted.every((topic) => seen.has(topic))) return true;
    for (const topic of wanted) seen.add(topic);
  }
  return false;
}

// Whatever a replay waits for, it may find the stream ended afterwards: then it stops, and lets go of everything.
class Replay {
  readonly #subscriber: Subscriber;
  readonly #delivery: Delivery;
  /** It set out for a change of its topics, and misses nothing. */
  readonly #isDetour: boolean;
  /** Passes over what is not the newest of its topic. */
  #skips: boolean;
  /** To be written next, together. */
  #frames: Uint8Array[] = [];
  /** What is sent in place of what was passed over. */
  #newest: SnapshotSource | undefined;
  /** How often in a row retention overtook the snapshot. */
  #overtaken = 0;
  /** The tail's head when the stream began: what was in the log then is replayed, and not live. */
  #until: Position | undefined;
  /** Where the log had no more when it was read last. */
  #exhausted: Position | undefined;
  /** The tail has to tell first of what the log has lost or begun anew: settles when it has moved. */
  #tailMoves: Promise<void> | undefined;

  constructor(subscriber: Subscriber, delivery: Delivery, isDetour: boolean) {
    this.#subscriber = subscriber;
    this.#delivery = delivery;
    this.#isDetour = isDetour;
    this.#skips = !isDetour && this.#isOfLatest;
  }

  get #isOfLatest(): boolean {
    return this.#subscriber.policy === "latest";
  }

  /** Its changes of topics, if it has a name: that comes to a subscriber just after its replay has begun. */
  get #named(): NamedStream | undefined {
    return this.#delivery.changes.of(this.#subscriber);
  }

  /** Finds where the stream begins, and prepares its first frames. */
  async open({ cursor, earliest }: Subscription): Promise<void> {
    const { tail, ready, heartbeat, log } = this.#delivery;
    const subscriber = this.#subscriber;
    await subscriber.orClosed(ready);
    if (subscriber.closed) return;
    this.#until = subscriber.position = tail.head;
    if (cursor === undefined && subscriber.snapshot !== undefined) subscriber.snapshotState = "due";
    // Who asks for all there is gets all there is.
    if (cursor === undefined) this.#skips = false;
    const asked = cursor === undefined ? undefined : parseCursor(cursor);
    let found: Page | Reset | undefined;
    if (asked !== undefined) found = await this.#ask(asked);
    else if (cursor !== undefined || earliest) {
      const ends = await subscriber.orClosed(log.ends());
      if (ends === undefined) return;
      subscriber.position = ends.evictedThrough;
      if (cursor === undefined) found = await this.#askOldest();
      else found = { reset: true, oldest: ends.evictedThrough };
    }
    if (subscriber.closed) return;
    // With a confession to come the frame has no id: a client that is cut before it must come back with what it had.
    const confesses = found !== undefined && (found.reset ?? isBehind(subscriber.position, found));
    const position = confesses || subscriber.snapshotState === "due" ? undefined : subscriber.position;
    this.#frames.push(openingFrame(position, this.#delivery.retry(), { heartbeat, stream: this.#named?.name }));
    if (found !== undefined) this.#take(found, asked === undefined ? "unknown-cursor" : "history-changed");
  }

  /**
   * Asks the log about a cursor: whether it is of this history, and what of it is gone. The tail may still have that; and
   * what the tail has is better sent from there, where it was made for others, too. Answers what is left to be said.
   */
  async #ask(position: Position): Promise<Page | Reset | undefined> {
    const subscriber = this.#subscriber;
    subscriber.position = position;
    const { tail, pages } = this.#delivery;
    const isNear = tail.reachesBackTo(position) || pages.find(subscriber.group, position) !== undefined;
    const found = await this.#readInTurn(isNear ? PROBE : PAGE);
    if (found === undefined || found.reset) return found;
    // Who wants the newest alone has what is gone passed over with the rest.
    return this.#skips || (isNear && !isBehind(position, found)) ? undefined : found;
  }

  /** Asks the log for the oldest it has: who asks for what there is misses nothing of what went while he asked. */
  async #askOldest(): Promise<Page | undefined> {
    const found = await this.#readInTurn(PROBE);
    if (found === undefined) return undefined;
    const subscriber = this.#subscriber;
    if (found.reset) subscriber.position = found.oldest;
    else if (isBehind(subscriber.position, found)) subscriber.position = found.evictedThrough;
    return found.reset ? undefined : found;
  }

  async #readInTurn(limit: PageLimit): Promise<Page | Reset | undefined> {
    let found: Page | Reset | undefined;
    await this.#inTurn(async () => {
      found = await this.#read(limit);
    });
    return found;
  }

  /** Reads and writes until the subscriber is live, or its stream has ended. */
  async run(): Promise<void> {
    const { tail } = this.#delivery;
    const subscriber = this.#subscriber;
    while (!subscriber.closed) {
      if (subscriber.full) {
        await subscriber.drained();
        // Whoever does not keep up meanwhile has fallen behind, whatever it set out for.
        if (this.#isDetour) this.#skips = this.#isOfLatest;
        continue;
      }
      this.#change();
      if (subscriber.snapshotState === "due") {
        this.#send();
        await this.#sendSnapshot();
        continue;
      }
      const { position } = subscriber;
      const { dispatched } = this.#delivery;
      const isInTail = tail.reachesBackTo(position);
      const isAtEnd = position.offset === dispatched.offset;
      // With a change to come it reads on by itself up to there: flushes go by what it asks for when they begin.
      const changes = isAtEnd && this.#named?.changes === true;
      const isEarly = position.offset > dispatched.offset || this.#tooEarly(dispatched) || changes;
      if (isInTail && isAtEnd && !isEarly) {
        if (this.#join()) return;
      } else if ((isInTail && isEarly) || this.#isAheadOfTail(position)) {
        // What follows is not matched yet, or has not even reached the tail. After that the log is asked again.
        this.#exhausted = undefined;
        this.#settle();
        this.#send();
        await subscriber.orClosed(this.#delivery.nextDispatch());
      } else {
        this.#send();
        await this.#inTurn(() => this.#goOn());
        if (this.#overtaken === 2) return subscriber.close("overtaken");
        if (this.#tailMoves !== undefined) await subscriber.orClosed(this.#tailMoves);
        this.#tailMoves = undefined;
      }
    }
  }

  /**
   * Asks for something else, if the position has come to a change of topics. In place of a range that was passed over
   * stands what was asked for in it: until that is sent, it waits.
   */
  #change(): void {
    if (this.#newest !== undefined) return;
    const subscriber = this.#subscriber;
    const filter = this.#named?.takeDue(subscriber.position);
    if (filter === undefined) return;
    this.#delivery.regroup(subscriber, filter);
    if (subscriber.snapshotState === "none") this.#frames.push(heartbeatFrame(subscriber.position));
  }

  /** Up to where something may be sent that the tail has: to the next change of topics, which the tail has told of. */
  #upToChange(through: Position): Position {
    const next = this.#named?.next;
    return next?.epoch === through.epoch && next.offset < through.offset ? next : through;
  }

  /** Whether a page that was made for others is for this one, too: no topics change inside it, as far as the tail knows. */
  #mayTake({ through }: SharedPage): boolean {
    const { head } = this.#delivery.tail;
    if (this.#named === undefined) return true;
    return through.epoch === head.epoch && through.offset <= this.#upToChange(head).offset;
  }

  /** Does something when it is this replay's turn; nothing if the stream has ended meanwhile. */
  async #inTurn(work: () => Promise<void>): Promise<void> {
    const { turns } = this.#delivery;
    if (!(await turns.next(this.#subscriber))) return;
    try {
      if (!this.#subscriber.closed) await work();
    } finally {
      turns.done();
    }
  }

  /** Goes on by a page: one that was made for others, one of the tail, or one of the log. */
  async #goOn(): Promise<void> {
    const { tail, pages, dispatched } = this.#delivery;
    const { group, position, full } = this.#subscriber;
    if (full || (this.#skips && (await this.#skip())) || this.#named?.isDueAt(position)) return;
    let page = pages.find(group, position);
    if (page !== undefined && !this.#mayTake(page)) page = undefined;
    if (page === undefined && position.offset < dispatched.offset && tail.reachesBackTo(position)) {
      const through = this.#upToChange(dispatched);
      page = tail.page(group.filter, position, through, PAGE.bytes);
      // What ends at a change is of no use to others: they would go from one of them to the next.
      if (through === dispatched) pages.keep(group, page);
    }
    if (page !== undefined) {
      this.#settle();
      this.#add(page);
    } else {
      const next = this.#named?.next;
      const { head } = tail;
      const found = await this.#read();
      const part = this.#upTo(found, next, head);
      if (part !== undefined) this.#take(part, "history-changed", part === found);
    }
    // In the same step as the position moved: a heartbeat in between would tell what was not sent yet.
    this.#send();
  }

  /** The next page of the log; nothing if the stream has ended meanwhile. */
  async #read(limit: PageLimit = PAGE): Promise<Page | Reset | undefined> {
    const subscriber = this.#subscriber;
    const { position, group } = subscriber;
    const filter = this.#named?.filterToRead(group.filter) ?? group.filter;
    const found = await subscriber.orClosed(this.#delivery.log.read(position, filter, limit));
    return subscriber.closed ? undefined : found;
  }

  /**
   * What may be taken of a page of the log, which has the changes of topics inside it. Nothing, if it is to be read again:
   * of changes that are gone the tail has to tell first.
   *
   * @param known the next change before the log was asked
   * @param head the tail's head before the log was asked
   */
  #upTo(found: Page | Reset | undefined, known: Position | undefined, head: Position): Page | Reset | undefined {
    const named = this.#named;
    const { position } = this.#subscriber;
    if (found === undefined || found.reset || named === undefined) return found;
    const { changes, tail } = this.#delivery;
    if (named.isDueAt(position)) return undefined;
    const isOther = found.through.epoch !== tail.head.epoch && found.through.offset > position.offset;
    if (isOther || (isBehind(position, found) && !isThrough(tail.head, found.evictedThrough))) {
      // Asked for in the same step: no move is missed. What it told while the log was asked may have been enough.
      if (tail.head === head) this.#tailMoves = this.#delivery.nextDispatch();
      return undefined;
    }
    changes.read(named, found);
    const after = Math.max(position.offset, found.evictedThrough.offset);
    const { next } = named;
    const cut = next === undefined ? found : cutPage(found, after, next);
    // The log was asked after the change was known, and has something else in its place.
    if (cut === undefined && next === known) named.lose();
    return cut;
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

  /** Makes the subscriber live, in the same step with its last frame. Whether it is: a full sink comes first. */
  #join(): boolean {
    const subscriber = this.#subscriber;
    this.#settle();
    if (!subscriber.announced) this.#frames.push(liveFrame(subscriber.position));
    subscriber.announced = true;
    this.#send();
    if (subscriber.closed) return true;
    if (subscriber.full) subscriber.state = "catching-up";
    else subscriber.goLive();
    return !subscriber.full;
  }

  /**
   * Passes over everything but the newest event of each topic, up to where the live ones are, if that is less. Whether it
   * did: the newest events are sent as a snapshot is, so that a client that is cut meanwhile gets them all again.
   */
  async #skip(): Promise<boolean> {
    const subscriber = this.#subscriber;
    const { position, group, snapshot } = subscriber;
    // Taken first: of what is dispatched while the log answers, the page may know nothing.
    const { dispatched, tail } = this.#delivery;
    const through = this.#upToChange(dispatched);
    const found = await this.#read();
    if (found === undefined || found.reset) {
      if (found !== undefined) this.#take(found, "history-changed");
      this.#send();
      return true;
    }
    if (position.epoch !== through.epoch || position.offset >= through.offset) return false;
    if (!tail.reachesBackTo(through)) return false;
    // Just after entries that the tail was not told of, no cursor can be made of where the live ones are.
    if (through.tag === 0) return false;
    const isAll = found.through.offset >= through.offset && found.corrupt.length === 0 && !isBehind(position, found);
    // What comes after a change is not looked at: other topics are asked for there.
    const entries =
      through === dispatched ? found.entries : found.entries.filter(({ offset }) => offset <= through.offset);
    if (isAll && !repeatsTopics(entries, group.filter)) return false;
    this.#settle();
    this.#delivery.counters.gaps++;
    this.#frames.push(gapFrame("skipped", { after: position, through }, undefined));
    subscriber.position = through;
    subscriber.snapshotState = "due";
    if (snapshot?.ofHead !== true) this.#newest = newestSince(position.offset);
    this.#send();
    return true;
  }

  /** Takes what the log has found after the subscriber's position: entries, or what is to be confessed. */
  #take(found: Page | Reset, reason: ResetReason, isWhole = true): void {
    const subscriber = this.#subscriber;
    if (found.reset) {
      this.#delivery.counters.resets++;
      this.#confess((position) => resetFrame(reason, position), found.oldest);
      return;
    }
    if (isBehind(subscriber.position, found)) {
      if (!this.#gap("evicted", { after: subscriber.position, through: found.evictedThrough })) return;
      // A change was among what is gone: what the page has was looked for by what was asked for before.
      if (this.#named?.isDueAt(subscriber.position)) return;
    }
    this.#settle();
    const isAll = found.through.offset === subscriber.position.offset;
    this.#exhausted = isAll ? found.through : undefined;
    let next = 0;
    for (const range of found.corrupt) {
      const before = next;
      while ((found.entries[next]?.offset ?? Infinity) <= range.after.offset) next++;
      this.#add(this.#pageOf(found, found.entries.slice(before, next)));
      if (!this.#gap("corrupt", range)) return;
    }
    if (found.corrupt.length > 0) this.#add(this.#pageOf(found, found.entries.slice(next)));
    else this.#add(this.#sharedPageOf(found, isWhole));
  }

  /** A page of the log without anything to confess: one that was made for others, or kept for them if it is whole. */
  #sharedPageOf(found: Page, isWhole: boolean): SharedPage {
    const { pages } = this.#delivery;
    const { group, position } = this.#subscriber;
    const known = pages.find(group, position);
    if (known !== undefined && this.#mayTake(known)) return known;
    const page = this.#pageOf(found, found.entries);
    if (isWhole && position.offset < page.through.offset) pages.keep(group, page);
    return page;
  }

  #pageOf({ through }: Page, entries: readonly Entry[]): SharedPage {
    const { group, position } = this.#subscriber;
    const wanted = entries.filter(({ topics }) => group.filter.matches(topics));
    const events = wanted.length;
    if (events === 0) return { after: position, through, bytes: undefined, events };
    if (group.members > 1) return { after: position, through, bytes: framesOf(wanted, through.epoch), events };
    const frames = wanted.map((entry) => this.#frame(entry, through.epoch));
    return { after: position, through, bytes: concat(frames), events };
  }

  #frame(entry: Entry, epoch: string): Uint8Array {
    const { tail, frames } = this.#delivery;
    const recent = epoch === tail.head.epoch ? tail.at(entry.offset) : undefined;
    return recent?.entry.tag === entry.tag ? tail.frame(recent) : frames.of(entry, epoch);
  }

  #add({ bytes, events, through }: SharedPage): void {
    this.#delivery.counters.delivered += events;
    if (bytes !== undefined) this.#frames.push(bytes);
    this.#subscriber.position = through;
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
    const newest = this.#newest;
    const snapshot = newest ?? subscriber.snapshot;
    await subscriber.drained();
    if (snapshot === undefined || subscriber.closed) return;
    subscriber.snapshotState = "running";
    // A tail that is late has less than what was confessed already.
    if (snapshot.ofHead && !isAhead(subscriber.position, tail.head)) subscriber.position = tail.head;
    // It stands for what was asked for up to its position.
    this.#change();
    this.#newest = undefined;
    const frames = snapshot.frames(log, subscriber.group.filter, subscriber.position);
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
      await this.#inTurn(async () => {});
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
    // Small ones together: a write costs more than a copy. A page that is shared is not copied.
    let small: Uint8Array[] = [];
    for (const frame of frames) {
      if (frame.length < COPIED) {
        small.push(frame);
        continue;
      }
      if (small.length > 0) this.#subscriber.write(concat(small));
      small = [];
      this.#subscriber.write(frame);
    }
    if (small.length > 0) this.#subscriber.write(concat(small));
  }
}
