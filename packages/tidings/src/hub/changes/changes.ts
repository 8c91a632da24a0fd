import type { Party } from "../admission/party.ts";
import { HubError } from "../error.ts";
import { isThrough, type Entry, type Log, type Page, type Position } from "../log/log.ts";
import type { Subscriber } from "../subscriber.ts";
import type { Tail } from "../tail.ts";
import { Call } from "./call.ts";
import { checkChange, effectOn, refuseTooLarge, refuseTooMany, type StreamChange } from "./check-change.ts";
import { changedStream, controlDraft, controlEntry, type ControlEntry, type TopicChange } from "./control-entry.ts";
import { idOf, NamedStream } from "./named-stream.ts";

/** How often a change is made again that the log has taken and not told. */
const TRIES = 5;
/** The most changes that a stream may have before it when its sink is full: it keeps a list, and may never read. */
const MOST_BEHIND = 64;
/** And when it is not: it comes to one with each of its turns among the replays, and may be sent more meanwhile. */
const MOST_AT_ONCE = 1_024;
/** When there may be room again, in milliseconds. */
const ROOM_IN = 1_000;

/** What changes need of the hub. */
export interface ChangeSettings {
  readonly log: Log;
  readonly tail: Tail;
  /** Topics and patterns of one stream. */
  readonly maxTopics: number;
  /** Of a change as the log has it. */
  readonly maxEventBytes: number;
  /** Takes one event out of the rates that a publisher is held to; throws HubError `rate-limited` if it cannot. */
  readonly take: (by: Party) => void;
}

/**
 * Changes the topics of open streams. A change is an entry of the log, and takes effect at its place there: what the
 * stream brings up to it was asked for before, what it brings after it is asked for then. Streams without a name are
 * not known here, and cost nothing.
 */
export class Changes {
  readonly #settings: ChangeSettings;
  readonly #streams = new Map<Subscriber, NamedStream>();
  readonly #byId = new Map<string, NamedStream>();
  #made = 0;

  constructor(settings: ChangeSettings) {
    this.#settings = settings;
  }

  /** How many were made. */
  get made(): number {
    return this.#made;
  }

  /** Gives a stream a name, so that it can be changed. */
  name(subscriber: Subscriber): void {
    const stream = new NamedStream(subscriber);
    this.#streams.set(subscriber, stream);
    this.#byId.set(stream.id, stream);
  }

  /** The changes of a stream, if it has a name. */
  of(subscriber: Subscriber): NamedStream | undefined {
    return this.#streams.get(subscriber);
  }

  /** A stream has ended. */
  forget(subscriber: Subscriber): void {
    const stream = this.#streams.get(subscriber);
    if (stream === undefined) return;
    this.#streams.delete(subscriber);
    this.#byId.delete(stream.id);
    stream.call?.fail(unknownStream());
  }

  /**
   * Changes the topics of a stream. Resolves with the place where that takes effect, once the stream is sure to hold to it.
   *
   * @throws HubError `unknown-stream`, `bad-topic`, `too-many-topics`, `bad-request`, `event-too-large`, `rate-limited`,
   * `log-failed`
   */
  async change(name: string, change: StreamChange, by: Party): Promise<Position> {
    const stream = this.#byId.get(idOf(name));
    if (stream === undefined || !isSame(stream.name, name) || stream.subscriber.closed) throw unknownStream();
    if (stream.behind >= (stream.subscriber.full ? MOST_BEHIND : MOST_AT_ONCE)) throw tooFarBehind(stream.behind);
    const checked = checkChange(change, this.#settings.maxTopics);
    return this.#inTurn(stream, () => this.#make(stream, checked, by));
  }

  /** A stream has read a page of the log: the tail may not have told of its changes there. */
  read(stream: NamedStream, { entries, through: { epoch } }: Page): void {
    for (const entry of entries) {
      if (changedStream(entry) !== stream.id) continue;
      take(stream, controlEntry(entry), { epoch, offset: entry.offset, tag: entry.tag });
    }
  }

  /** The tail has another entry: if it changes a stream that is here, the stream heads for it. */
  told(entry: Entry, position: Position): void {
    const id = changedStream(entry);
    const stream = id === undefined ? undefined : this.#byId.get(id);
    if (stream === undefined) return;
    take(stream, controlEntry(entry), position);
    stream.confirm(position);
    if (stream.changes) stream.subscriber.detour();
  }

  /** The tail goes on from just after a position, and was not told of what was before it. */
  skipped(position: Position): void {
    for (const stream of this.#byId.values()) {
      const at = stream.call?.position;
      if (at !== undefined && isThrough(position, at)) again(stream, stream.call);
    }
  }

  /** The tail goes on in another history, from just after a position. */
  reset(position: Position): void {
    for (const stream of this.#byId.values()) {
      stream.reset(position);
      const { call } = stream;
      if (call === undefined) continue;
      call.outlived = true;
      if (call.position !== undefined) again(stream, call);
    }
  }

  /** Does one thing after another, the first at once: what is published after it comes after it. */
  async #inTurn(stream: NamedStream, make: () => Promise<Position>): Promise<Position> {
    const mine = stream.turn === undefined ? make() : stream.turn.then(make, make);
    stream.turn = mine;
    stream.calls++;
    try {
      return await mine;
    } finally {
      stream.calls--;
      if (stream.turn === mine) stream.turn = undefined;
    }
  }

  async #make(stream: NamedStream, change: TopicChange, by: Party): Promise<Position> {
    if (stream.subscriber.closed) throw unknownStream();
    const { tail, maxTopics, maxEventBytes } = this.#settings;
    const { asked } = stream;
    const effect = effectOn(asked, change);
    const { add, remove } = effect;
    refuseTooMany(asked.topics.length + asked.patterns.length + add.length - remove.length, maxTopics);
    // Where one is not told that may be in the log, it is not known what a name will be to the next.
    const isKnown = stream.told === stream.made;
    if (isKnown && add.length + remove.length === 0) {
      this.#made++;
      return stream.holdsFrom(tail.head);
    }
    const needed = isKnown ? effect : change;
    refuseTooLarge(needed, maxEventBytes);
    // What is refused for what it is costs nothing, and neither does what is not appended.
    this.#settings.take(by);
    for (let tries = 0; tries < TRIES; tries++) {
      if (stream.subscriber.closed) throw unknownStream();
      const position = await this.#append(stream, needed);
      if (position === undefined) continue;
      this.#made++;
      return position;
    }
    throw new HubError("log-failed", "The log took the change and did not tell it; it may have taken effect");
  }

  /** Appends a change, and waits until the tail has it. Nothing, if the tail has passed it by. */
  async #append(stream: NamedStream, change: TopicChange): Promise<Position | undefined> {
    const { log, tail } = this.#settings;
    const call = new Call(++stream.made);
    stream.call = call;
    log.append([controlDraft(stream.id, { ...change, number: call.number })]).then(
      ([appended]) => {
        call.position = appended?.position;
        if (call.outlived || call.position === undefined || isThrough(tail.head, call.position)) again(stream, call);
      },
      (cause: unknown) => {
        if (cause instanceof HubError) call.fail(cause);
        else call.fail(new HubError("log-failed", "The log failed; the change may have taken effect", { cause }));
      },
    );
    try {
      return await call.told;
    } finally {
      stream.call = undefined;
    }
  }
}

/** A stream hears of a change, unless it has. */
function take(stream: NamedStream, { number, add, remove }: ControlEntry, position: Position): void {
  if (number <= stream.told) return;
  stream.told = number;
  stream.changeAt(position, { add, remove });
  if (stream.call?.number === number) stream.call.settle(position);
}

/** The tail has passed a change by: unless it was told, it is made again, and void wherever it is. */
function again(stream: NamedStream, call: Call | undefined): void {
  if (call === undefined) return;
  stream.told = Math.max(stream.told, call.number);
  call.settle(undefined);
}

function tooFarBehind(changes: number): HubError {
  return new HubError("rate-limited", `The stream has ${changes} changes before it that it has not come to`, {
    retryAfter: ROOM_IN,
  });
}

/** Whether two names are the same. How long it takes does not tell where they differ. */
function isSame(one: string, other: string): boolean {
  let difference = one.length ^ other.length;
  for (let at = 0; at < one.length; at++) difference |= one.charCodeAt(at) ^ other.charCodeAt(at);
  return difference === 0;
}

function unknownStream(): HubError {
  return new HubError("unknown-stream", "There is no open stream of this name here");
}
