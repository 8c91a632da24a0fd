import { isThrough, type Position } from "../log/log.ts";
import type { Subscriber } from "../subscriber.ts";
import { changedFilter, filterWith, type TopicFilter } from "../topic-filter.ts";
import type { Call } from "./call.ts";
import { streamTopic, type TopicChange } from "./control-entry.ts";

/** Characters of a name by which its stream is known in the log. The others are known to its client alone. */
const ID_LENGTH = 12;
/** Of randomness: 72 bits for the id, 144 for the secret. In base64 without padding. */
const NAME_BYTES = 27;

/** A change that the stream has not come to. */
interface PendingChange {
  /** Where it takes effect. Nowhere, when its history is over: then as soon as may be. */
  position: Position | undefined;
  /** What becomes different there: all that the stream asks for then would be far more, for each. */
  readonly change: TopicChange;
  /** The tail has come to it. */
  inTail: boolean;
}

/** An open stream whose topics can be changed by who knows its name, and the changes that it has not come to. */
export class NamedStream {
  /** Unguessable: who knows it may change the stream. */
  readonly name: string = newName();
  readonly subscriber: Subscriber;
  /** What it asks for after all changes that the log has told. */
  asked: TopicFilter;
  /** The number of the newest change that was made, and of the newest that the log has told, or need not tell any more. */
  made = 0;
  told = 0;
  /** Settles when the calls before are answered: one at a time, so that changes are in the log as they were asked for. */
  turn: Promise<unknown> | undefined;
  /** How many are not answered. */
  calls = 0;
  /** The one that waits for the log. */
  call: Call | undefined;
  readonly #pending: PendingChange[] = [];
  /** The newest that the log has told, whether the stream has come to it or not. */
  #newest: PendingChange | undefined;
  #reading: { readonly of: TopicFilter; readonly filter: TopicFilter } | undefined;

  constructor(subscriber: Subscriber) {
    this.subscriber = subscriber;
    this.asked = subscriber.group.filter;
  }

  /** By which the log knows it. */
  get id(): string {
    return idOf(this.name);
  }

  /** Whether there are changes that it has not come to. */
  get changes(): boolean {
    return this.#pending.length > 0;
  }

  /** How many changes it has not come to, those that are not answered included. */
  get behind(): number {
    return this.calls + this.#pending.length;
  }

  /** Where the next change takes effect. */
  get next(): Position | undefined {
    return this.#pending[0]?.position;
  }

  /** What is to be asked of the log for a filter: with the changes inside of a page, it is known where it ends. */
  filterToRead(of: TopicFilter): TopicFilter {
    if (this.#reading?.of !== of) this.#reading = { of, filter: filterWith(of, streamTopic(this.id)) };
    return this.#reading.filter;
  }

  /** Whether the next change is due at a position of the stream. */
  isDueAt({ epoch, offset }: Position): boolean {
    const [next] = this.#pending;
    if (next?.position === undefined) return next !== undefined;
    return next.position.epoch === epoch && next.position.offset <= offset;
  }

  /**
   * From where on it asks for what it asks for now: from the tail's head, unless the stream has read in the log of a
   * change beyond it. From the newest place that will do, so that what was published before is before it: it takes
   * effect now, as one does that is appended.
   */
  holdsFrom(head: Position): Position {
    const changed = this.#newest?.position;
    return changed !== undefined && isThrough(changed, head) ? changed : head;
  }

  /** From a position on, the stream asks for something else. */
  changeAt(position: Position, change: TopicChange): void {
    this.asked = changedFilter(this.asked, change.add, change.remove);
    // Those before it that stand at a later place were lost by the log.
    for (const before of this.#pending) {
      if (before.position !== undefined && isThrough(before.position, position)) before.position = undefined;
    }
    this.#newest = { position, change, inTail: false };
    this.#pending.push(this.#newest);
  }

  /** The tail has come to a change. */
  confirm({ offset }: Position): void {
    for (const change of this.#known()) change.inTail ||= change.position?.offset === offset;
  }

  /** Takes the changes that are due at a position of the stream: what it asks for after them, if there are any. */
  takeDue(position: Position): TopicFilter | undefined {
    if (!this.isDueAt(position)) return undefined;
    let { filter } = this.subscriber.group;
    while (this.isDueAt(position)) {
      const { add = [], remove = [] } = this.#pending.shift()?.change ?? {};
      // After the last one that is known already.
      filter = this.changes ? changedFilter(filter, add, remove) : this.asked;
    }
    return filter;
  }

  /** The log has the next change no more: it takes effect wherever the stream is. */
  lose(): void {
    const [next] = this.#pending;
    if (next !== undefined) next.position = undefined;
  }

  /**
   * For the tail the history goes on from just after another position. Changes that it does not have take effect wherever
   * the stream is.
   */
  reset({ epoch, offset }: Position): void {
    for (const change of this.#known()) {
      const { position } = change;
      if (position?.epoch !== epoch || (change.inTail && position.offset > offset)) change.position = undefined;
    }
  }

  /** Those whose place matters. */
  #known(): Iterable<PendingChange> {
    return this.#newest === undefined ? this.#pending : [...this.#pending, this.#newest];
  }
}

/** The part of a stream's name that is no secret. */
export function idOf(name: unknown): string {
  return typeof name === "string" ? name.slice(0, ID_LENGTH) : "";
}

function newName(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(NAME_BYTES));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_");
}
