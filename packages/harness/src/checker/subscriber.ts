import type { ConnectRecord, FrameRecord } from "../logs/record.ts";
import { Asked, type KnownChange } from "./asked.ts";
import { Coverage } from "./coverage.ts";
import { cursorText, placeOf, type Place } from "./cursor.ts";
import { gapRange, type GapRange } from "./gap-range.ts";
import { isWorthSkipping } from "./latest.ts";
import type { Publishers } from "./publishers.ts";
import { checkSnapshot, type SkippedRange } from "./snapshot.ts";
import type { Truth } from "./truth.ts";
import type { OnViolation, Say } from "./violation.ts";

/** What subscribers received, counted. */
export interface Received {
  connections: number;
  delivered: number;
  snapshots: number;
  /** By reason. */
  readonly gaps: Record<string, number>;
  resets: number;
  /** Of topics, taken. */
  changes: number;
}

/** What a subscriber is checked against. */
export interface Facts {
  readonly truth: Truth;
  readonly publishers: Publishers;
  readonly received: Received;
  readonly onViolation: OnViolation;
}

interface Connection {
  readonly request: ConnectRecord;
  opened: boolean;
  live: number;
  over: boolean;
  /** The stream owes a gap or a reset before anything with a position. */
  owesNotice: boolean;
}

/** One subscriber, frame by frame: what it holds does not grow with what it receives. */
export class SubscriberCheck {
  readonly #facts: Facts;
  readonly #name: string;
  #connection: Connection | undefined;
  readonly #coverage: Coverage;
  /** The last event received. */
  #last: Place | undefined;
  /** What EventSource remembers. */
  #lastEventId: string | undefined;
  /** A snapshot is due or running: no frame has an id. What has come of it. */
  #snapshot: FrameRecord[] | undefined;
  /** It was sent in place of a range, and a confession has overtaken it: the position that follows is that one's. */
  #overtaken = false;
  /** What was passed over, where the snapshot is of that. */
  #skipped: SkippedRange | undefined;

  constructor(name: string, facts: Facts) {
    this.#name = name;
    this.#facts = facts;
    this.#coverage = new Coverage(facts.truth, this.#say);
  }

  connect(request: ConnectRecord): void {
    this.#facts.received.connections++;
    this.#connection = { request, opened: false, live: 0, over: false, owesNotice: false };
    this.#coverage.asked = new Asked(request.topics);
    this.#snapshot = request.cursor === undefined && request.snapshot !== undefined ? [] : undefined;
    this.#skipped = undefined;
    this.#overtaken = false;
    this.#coverage.at = request.cursor === undefined ? undefined : placeOf(request.cursor);
    this.#connection.owesNotice = request.cursor !== undefined && this.#coverage.at === undefined;
    if (this.#coverage.at === undefined || request.cursor !== this.#lastEventId) this.#last = undefined;
    this.#lastEventId = request.cursor;
  }

  disconnect(): void {
    if (this.#connection !== undefined) this.#connection.over = true;
  }

  /** It has called for a change of its topics. */
  change(known: KnownChange): void {
    if (known.change.connection === this.#connection?.request.connection) this.#coverage.asked.add(known);
    const { changed } = known;
    if (changed?.outcome !== "ok") return;
    const place = placeOf(changed.id ?? "");
    if (place === undefined || (this.#facts.truth.traced && this.#facts.truth.of(place)?.has(place) !== true)) {
      this.#say("I2", changed, `No log gave the cursor ${changed.id} of a change`);
    }
  }

  frame(frame: FrameRecord): void {
    if (this.#connection === undefined || this.#connection.over) return;
    if (frame.event === "message" && frame.payload === undefined) return;
    if (frame.id !== undefined) this.#lastEventId = frame.id;
    const place = frame.id === undefined ? undefined : placeOf(frame.id);
    if (frame.id !== undefined && place === undefined) this.#say("I16", frame, `${frame.id} is no cursor`);
    switch (frame.event) {
      case "tidings:cursor":
        if (frame.data === "") return this.#heartbeat(frame, place, this.#connection);
        return this.#opening(frame, place, this.#connection);
      case "tidings:live":
        return this.#live(frame, place, this.#connection);
      case "tidings:gap":
        return this.#gap(frame, place, this.#connection);
      case "tidings:reset":
        return this.#reset(frame, place, this.#connection);
      default:
        if (frame.payload === undefined) return this.#say("I16", frame, `An unknown frame: ${frame.event}`);
        return place === undefined ? this.#snapshotEvent(frame) : this.#event(frame, place, this.#connection);
    }
  }

  /** After the last record: whether this subscriber has everything. */
  end(time: number): void {
    const { truth } = this.#facts;
    const history = truth.final;
    if (history === undefined || this.#connection === undefined) return;
    const say = (what: string): void => this.#say("I9", { at: time }, what);
    const at = this.#coverage.at;
    if (this.#snapshot !== undefined || at === undefined) return say("At the end its stream had told no position");
    if (history.has(at) === false) return say(`At the end it is at ${cursorText(at)}, in another history`);
    const missing = this.#coverage.missing(history, at.offset, history.head);
    if (missing !== undefined) say(`At the end it is at ${cursorText(at)}, and ${missing} never came`);
    if (this.#connection.live === 0) say("At the end its stream was not live");
  }

  #opening(frame: FrameRecord, place: Place | undefined, connection: Connection): void {
    if (connection.opened) this.#say("I16", frame, "A second opening frame");
    connection.opened = true;
    if (frame.retry === undefined) this.#say("I16", frame, "An opening frame without a retry");
    const { cursor, from } = connection.request;
    if (place === undefined) {
      // Without a position: there is something to confess, or a snapshot to send.
      if (this.#snapshot === undefined) connection.owesNotice = true;
      if (cursor === undefined && this.#snapshot === undefined) {
        this.#say("I16", frame, "An opening frame without a position, and without a reason");
      }
      return;
    }
    if (this.#snapshot !== undefined) this.#say("I16", frame, "A position before the snapshot");
    if (cursor !== undefined) return this.#advance(frame, place, place.offset);
    this.#coverage.at = place;
    this.#coverage.checkKnown(frame, place);
    if (from === "earliest") this.#coverage.checkOldest(frame, place);
  }

  #heartbeat(frame: FrameRecord, place: Place | undefined, connection: Connection): void {
    if (place === undefined) {
      if (connection.opened && this.#snapshot === undefined) this.#say("I16", frame, "A heartbeat without an id");
      return;
    }
    if (!connection.opened) this.#say("I16", frame, "A heartbeat with an id before the opening frame");
    if (this.#overtaken) this.#snapshot = undefined;
    this.#overtaken = false;
    if (this.#snapshot === undefined) return this.#advance(frame, place, place.offset);
    this.#settle(frame, place, connection.request);
  }

  #live(frame: FrameRecord, place: Place | undefined, connection: Connection): void {
    connection.live++;
    if (connection.live > 1) this.#say("I16", frame, "A second live frame");
    if (!connection.opened) this.#say("I16", frame, "Live before the opening frame");
    if (this.#snapshot !== undefined) this.#say("I16", frame, "Live before the end of the snapshot");
    if (place === undefined) this.#say("I16", frame, "A live frame without an id");
    else this.#advance(frame, place, place.offset);
  }

  #event(frame: FrameRecord, place: Place, connection: Connection): void {
    const { truth, publishers, received, onViolation } = this.#facts;
    const { payload = "", topics = [] } = frame;
    received.delivered++;
    if (!connection.opened) this.#say("I16", frame, `${frame.id} before the opening frame`);
    if (this.#snapshot !== undefined) this.#say("I16", frame, `${frame.id} inside of a snapshot`);
    if (this.#coverage.at === undefined) this.#say("I16", frame, `${frame.id} before the stream told its position`);
    if (!publishers.published(payload, topics)) {
      this.#say("I1", frame, `${payload} to ${topics.join()} was not published`);
    }
    truth.told({ cursor: frame.id ?? "", topics, payload, at: frame.at }, this.#name);
    const history = truth.of(place);
    if (history !== undefined && history === truth.final && truth.isLost(history, place.offset)) {
      this.#say("I2", frame, `${frame.id} was delivered, and the log does not have it`);
    }
    if (!this.#coverage.asked.allows(place.offset, topics, history)) {
      onViolation({
        invariant: "I10",
        at: frame.at,
        who: this.#name,
        what: `${payload} was published to ${topics.join()}`,
      });
    }
    if (this.#coverage.asked.changesBefore(place.offset, history)) {
      this.#say("I16", frame, `${frame.id} comes after a change of topics, and no position told of that`);
    }
    if (this.#last !== undefined && history?.has(this.#last) !== false && place.offset <= this.#last.offset) {
      return this.#say("I4", frame, `${frame.id} comes after ${cursorText(this.#last)}`);
    }
    const { at } = this.#coverage;
    if (at !== undefined && history?.has(at) === true && place.offset <= at.offset) {
      return this.#say("I4", frame, `${frame.id} comes after the stream told ${cursorText(at)}`);
    }
    this.#advance(frame, place, place.offset - 1);
    this.#last = place;
  }

  #snapshotEvent(frame: FrameRecord): void {
    this.#facts.received.snapshots++;
    if (this.#snapshot === undefined) this.#say("I16", frame, "An event without an id, and no snapshot is due");
    else this.#snapshot.push(frame);
  }

  /** A snapshot is over: it stands for everything through this place. */
  #settle(frame: FrameRecord, place: Place, request: ConnectRecord): void {
    const { truth } = this.#facts;
    const events = this.#snapshot ?? [];
    const before = this.#coverage.at;
    const skipped = this.#skipped;
    this.#snapshot = this.#skipped = undefined;
    this.#coverage.at = place;
    this.#coverage.checkKnown(frame, place);
    checkSnapshot({ frame, place, request, events, before, skipped }, truth, this.#coverage, this.#say);
  }

  #gap(frame: FrameRecord, place: Place | undefined, connection: Connection): void {
    const { truth, received } = this.#facts;
    const told = gapRange(frame.data);
    received.gaps[told?.reason ?? "none"] = (received.gaps[told?.reason ?? "none"] ?? 0) + 1;
    connection.owesNotice = false;
    if (!connection.opened) this.#say("I16", frame, "A gap before the opening frame");
    if (told === undefined) return this.#say("I16", frame, `A gap without a range: ${frame.data}`);
    const { reason, after, through } = told;
    const history = truth.of(through);
    if (history === undefined) return this.#say("I2", frame, `No log gave the cursor ${cursorText(through)}`);
    const evicted = truth.evicted(through, frame.at);
    if (after.offset >= through.offset) this.#say("I8", frame, "A gap of nothing");
    if (reason === "evicted" && through.offset > evicted) {
      this.#say("I8", frame, `The log has what is after ${evicted}, and the gap is through ${through.offset}`);
    }
    const at = this.#coverage.at;
    // A cursor of another history that is older than what the log remembers cannot be told from one of this.
    if (at !== undefined && (history.has(at) === true || at.offset >= evicted)) {
      if (after.offset < at.offset) this.#say("I8", frame, `The gap begins before ${cursorText(at)}, which it has`);
      // An embedder's snapshot that was overtaken stands for what it was sent for, too: another one follows.
      if (this.#snapshot === undefined || connection.request.snapshot !== "embedder") {
        this.#advance(frame, after, after.offset);
      }
    }
    const asked = this.#coverage.asked.namesAt(through.offset, history);
    if (reason === "skipped") this.#skip(frame, told, evicted, asked);
    this.#coverage.at = through;
    const { snapshot } = connection.request;
    if (snapshot === undefined && reason !== "skipped") {
      if (place === undefined) this.#say("I16", frame, "A gap without an id");
      else if (place.offset !== through.offset) {
        this.#say("I16", frame, `The gap is through ${through.offset}, and its id is ${frame.id}`);
      }
      this.#overtaken = this.#snapshot !== undefined;
      return;
    }
    if (place !== undefined) this.#say("I16", frame, "A gap with an id, and a snapshot follows");
    this.#snapshot = [];
    this.#overtaken = false;
    const isOfNewest = reason === "skipped" && snapshot !== "embedder";
    this.#skipped = isOfNewest ? { after: after.offset, through: through.offset, asked } : undefined;
  }

  /** What its policy passed over is confessed, and the newest event of each topic follows as a snapshot does. */
  #skip(frame: FrameRecord, { after, through }: GapRange, evicted: number, asked: readonly string[] | undefined): void {
    if (this.#connection?.request.policy !== "latest") {
      this.#say("I8", frame, "Skipped, and it is not this subscriber's policy");
    }
    const { truth } = this.#facts;
    const history = truth.at(frame.at);
    // Where the history changed meanwhile, a reset follows. And of a longer range a page may not show that there is
    // nothing to skip; or it may show what came after the range.
    if (!truth.traced || history?.has(through) !== true || asked === undefined) return;
    if (after.offset < evicted || through.offset - after.offset > 2) return;
    if (isWorthSkipping(history, asked, after.offset, history.headAt(frame.at))) return;
    const what = `Skipped through ${cursorText(through)}, and each topic has one event at most after ${cursorText(after)}`;
    this.#say("I8", frame, what);
  }

  #reset(frame: FrameRecord, place: Place | undefined, connection: Connection): void {
    const { truth, received } = this.#facts;
    received.resets++;
    if (truth.durable) this.#say("I8", frame, "A reset, and the log is durable");
    const isAnswer = connection.owesNotice;
    connection.owesNotice = false;
    this.#last = undefined;
    if (!connection.opened) this.#say("I16", frame, "A reset before the opening frame");
    const at = this.#coverage.at;
    const { at: since } = connection.request;
    const history = truth.at(since);
    this.#coverage.asked.reset();
    const isOfHistory = at !== undefined && (truth.traced ? history?.has(at) === true : at.epoch === place?.epoch);
    // Later on, the log may be late to tell of a change from before.
    if (isOfHistory && !truth.changed(isAnswer ? since : 0, frame.at)) {
      this.#say("I8", frame, `A reset, and ${cursorText(at)} is of the log's history`);
    }
    if (connection.request.snapshot !== undefined) {
      if (place !== undefined) this.#say("I16", frame, "A reset with an id, and a snapshot follows");
      this.#snapshot = [];
      this.#skipped = undefined;
      this.#coverage.at = undefined;
      return;
    }
    this.#overtaken = this.#snapshot !== undefined;
    if (place === undefined) return this.#say("I16", frame, "A reset without an id");
    this.#coverage.at = place;
    this.#coverage.checkKnown(frame, place);
    this.#coverage.checkOldest(frame, place);
  }

  /** Goes on to a place: everything after the last one, through an offset, must have been received. */
  #advance(frame: FrameRecord, place: Place, through: number): void {
    if (this.#connection?.owesNotice) {
      this.#say("I6", frame, `${cursorText(place)} comes without the gap or the reset that the opening frame promised`);
      this.#connection.owesNotice = false;
    }
    this.#coverage.advance(frame, place, through);
  }

  readonly #say: Say = (invariant, { at }, what) => this.#facts.onViolation({ invariant, at, who: this.#name, what });
}
