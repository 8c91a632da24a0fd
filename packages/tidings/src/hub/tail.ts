import { encodeEvent } from "../wire/encode.ts";
import { formatCursor } from "./cursor.ts";
import { textLength, type Entry, type Position } from "./log/log.ts";
import type { TopicFilter } from "./topic-filter.ts";

// What an entry weighs in memory beside its text, about: the object, its position, its frame's buffer.
const ENTRY_BYTES = 400;

/** An entry of the tail, with its place in the log and, once someone was due it, its frame. */
export interface Recent {
  readonly entry: Entry;
  readonly position: Position;
  frame: Uint8Array | undefined;
}

/** The bytes of an entry on the wire. */
export function frameOf(entry: Entry, position: Position): Uint8Array {
  const { event, topics, data } = entry;
  return encodeEvent({ id: formatCursor(position), event, topics, data });
}

/**
 * The newest entries of the log as this process has followed them, each framed at most once. Bounded in bytes: the
 * oldest go first, whether they were dispatched or not, since the log still has them.
 */
export class Tail {
  readonly #maxBytes: number;
  #recent: (Recent | undefined)[] = [];
  /** Where the oldest is in `#recent`: those before it have gone and wait to be swept out together. */
  #first = 0;
  #bytes = 0;
  #oldest: Position;
  #head: Position;

  constructor(start: Position, maxBytes: number) {
    this.#oldest = this.#head = start;
    this.#maxBytes = maxBytes;
  }

  /** The newest entry's position. */
  get head(): Position {
    return this.#head;
  }

  /** The position just before the oldest entry. */
  get oldest(): Position {
    return this.#oldest;
  }

  /** Takes the next entry of the log. */
  push(entry: Entry): void {
    const position = { epoch: this.#head.epoch, offset: entry.offset, tag: entry.tag };
    this.#recent.push({ entry, position, frame: undefined });
    this.#head = position;
    this.#bytes += textLength(entry) + ENTRY_BYTES;
    while (this.#bytes > this.#maxBytes && this.#recent.length - this.#first > 1) this.#shift();
  }

  /** Forgets all, and goes on from just after another position. */
  restart(position: Position): void {
    this.#recent = [];
    this.#first = 0;
    this.#bytes = 0;
    this.#oldest = this.#head = position;
  }

  /** The entry at an offset, if it is here. */
  at(offset: number): Recent | undefined {
    return offset > this.#oldest.offset ? this.#recent[this.#first + offset - this.#oldest.offset - 1] : undefined;
  }

  /** Whether everything after the position is here, and the position is one of this history. */
  reachesBackTo(position: Position): boolean {
    if (position.epoch !== this.#head.epoch) return false;
    if (position.offset === this.#oldest.offset) return position.tag === this.#oldest.tag;
    return this.at(position.offset)?.entry.tag === position.tag;
  }

  /** The frame of an entry that is here, made once. */
  frame(recent: Recent): Uint8Array {
    return (recent.frame ??= frameOf(recent.entry, recent.position));
  }

  /**
   * The frames that a filter asks for after one offset, up to another or until they are enough.
   *
   * @returns the frames, and the offset that was looked at last
   */
  frames(filter: TopicFilter, after: number, through: number, enough: number): { frames: Uint8Array[]; last: number } {
    const frames: Uint8Array[] = [];
    let bytes = 0;
    let offset = after;
    while (offset < through && bytes < enough) {
      const recent = this.at(++offset);
      if (recent === undefined || !filter.matches(recent.entry.topics)) continue;
      const frame = this.frame(recent);
      bytes += frame.length;
      frames.push(frame);
    }
    return { frames, last: offset };
  }

  #shift(): void {
    const gone = this.#recent[this.#first];
    if (gone === undefined) return;
    this.#recent[this.#first++] = undefined;
    this.#bytes -= textLength(gone.entry) + ENTRY_BYTES;
    this.#oldest = gone.position;
    if (this.#first * 2 > this.#recent.length) {
      this.#recent = this.#recent.slice(this.#first);
      this.#first = 0;
    }
  }
}
