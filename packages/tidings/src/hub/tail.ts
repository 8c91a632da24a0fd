import { concat } from "./bytes.ts";
import { frameOf } from "./frames.ts";
import { textLength, type Entry, type Position } from "./log/log.ts";
import { search, type Searched } from "./log/search.ts";
import { TopicOffsets } from "./log/topic-offsets.ts";
import type { SharedPage } from "./shared-pages.ts";
import type { TopicFilter } from "./topic-filter.ts";

// What an entry weighs in memory beside its text, about: the object, its position, its frame's buffer.
const ENTRY_BYTES = 400;

/** An entry of the tail, with its place in the log and, once someone was due it, its frame. */
export interface Recent {
  readonly entry: Entry;
  readonly position: Position;
  /** What all entries through this one weighed. */
  readonly total: number;
  frame: Uint8Array | undefined;
}

/**
 * The newest entries of the log as this process has followed them, each framed at most once. Bounded in bytes: the
 * oldest go first, whether they were dispatched or not, since the log still has them.
 */
export class Tail implements Searched {
  readonly #maxBytes: number;
  #recent: (Recent | undefined)[] = [];
  /** Where the oldest is in `#recent`: those before it have gone and wait to be swept out together. */
  #first = 0;
  /** For `search`. */
  readonly byTopic: TopicOffsets = new TopicOffsets();
  #bytes = 0;
  /** What all entries that ever came weighed. */
  #total = 0;
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

  /** Whether what came after an offset takes so much that the next entries would drive it out. */
  isFullAfter(offset: number): boolean {
    const through = this.at(offset)?.total ?? this.#total - this.#bytes;
    return (this.#total - through) * 2 > this.#maxBytes;
  }

  /** Takes the next entry of the log. */
  push(entry: Entry): void {
    const position = { epoch: this.#head.epoch, offset: entry.offset, tag: entry.tag };
    this.#total += weight(entry);
    this.#recent.push({ entry, position, total: this.#total, frame: undefined });
    this.byTopic.push(entry);
    this.#head = position;
    this.#bytes += weight(entry);
    while (this.#bytes > this.#maxBytes && this.#recent.length - this.#first > 1) this.#shift();
  }

  /** Forgets all, and goes on from just after another position. */
  restart(position: Position): void {
    this.#recent = [];
    this.#first = 0;
    this.byTopic.clear();
    this.#bytes = 0;
    this.#oldest = this.#head = position;
  }

  /** The entry at an offset, if it is here. */
  at(offset: number): Recent | undefined {
    return offset > this.#oldest.offset ? this.#recent[this.#first + offset - this.#oldest.offset - 1] : undefined;
  }

  entryAt(offset: number): Entry | undefined {
    return this.at(offset)?.entry;
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

  /** What a filter asks for after one position that is here, up to another, or until it is enough. */
  page(filter: TopicFilter, after: Position, through: Position, enough: number): SharedPage {
    const frames: Uint8Array[] = [];
    let bytes = 0;
    const take = (entry: Entry): boolean => {
      const recent = this.at(entry.offset);
      if (recent === undefined) return true;
      const frame = this.frame(recent);
      frames.push(frame);
      bytes += frame.length;
      return bytes >= enough;
    };
    const last = search(filter, this, after.offset, through.offset, take);
    const events = frames.length;
    return { after, through: this.at(last)?.position ?? after, bytes: events > 0 ? concat(frames) : undefined, events };
  }

  #shift(): void {
    const gone = this.#recent[this.#first];
    if (gone === undefined) return;
    this.#recent[this.#first++] = undefined;
    this.byTopic.shift(gone.entry);
    this.#bytes -= weight(gone.entry);
    this.#oldest = gone.position;
    if (this.#first * 2 > this.#recent.length) {
      this.#recent = this.#recent.slice(this.#first);
      this.#first = 0;
    }
  }
}

function weight(entry: Entry): number {
  return textLength(entry) + ENTRY_BYTES;
}
