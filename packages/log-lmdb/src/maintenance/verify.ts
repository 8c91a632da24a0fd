import type { Position, Range } from "tidings/log";
import type { Block } from "../store/block.ts";
import { readChunk, readOffsets, type IndexChunk } from "../store/index-chunk.ts";
import {
  chunkKey,
  CHUNKS,
  KEPT_EVENTS,
  LEFTOVERS,
  offsetOf,
  topicKey,
  topicOf,
  TOPICS,
  type KeyRange,
} from "../store/keys.ts";
import { readKept } from "../store/kept-event.ts";
import { readKeys } from "../store/leftover-keys.ts";
import type { Hole } from "../store/locate.ts";
import { DAMAGED, TopicTail } from "../store/topic-tail.ts";
import type { View } from "../store/view.ts";

/** What was found by looking at all of a log. */
export interface Verified {
  /** How many entries were looked at. */
  readonly events: number;
  /** Entries that cannot be read, as ranges. */
  readonly corrupt: readonly Range[];
  /** How many entries it had not already when it was imported, and knows of: subscribers are told a gap there. */
  readonly missing: number;
  /** What else is wrong, a sentence each: with the index, the kept events, the structure. */
  readonly problems: readonly string[];
}

/** How many problems are told: what is broken through and through has very many. */
const MOST_PROBLEMS = 100;
/** How many entries are looked at between two looks at how far it has come. */
const STEP = 16_384;

/** A chunk of the index; what is listed in it as not there. */
interface ChunkLookedAt {
  readonly first: number;
  readonly through: number;
  readonly chunk: IndexChunk | undefined;
  readonly missing: ReadonlySet<number>;
}

/** Looks at every entry, and compares the index with them. In one go: the log is the one of this moment. */
export function verify(view: View, onProgress: (events: number) => void): Verified {
  return new Verification(view).run(onProgress);
}

class Verification {
  readonly #view: View;
  readonly #problems: string[] = [];
  readonly #damaged: { first: number; last: number }[] = [];
  /** The topics of the entries since the last chunk of the index. */
  readonly #topics = new TopicTail();
  #chunk: ChunkLookedAt | undefined;
  #missing = 0;
  #indexRecords = 0;
  #total: number | undefined;
  #logTime = 0;

  constructor(view: View) {
    this.#view = view;
  }

  run(onProgress: (events: number) => void): Verified {
    const { floor, head } = this.#view.state;
    let found: Block | Hole | undefined;
    for (let offset = floor.offset + 1; offset <= head.offset; offset++) {
      if (found === undefined || offset > found.last) {
        // Reads of the index write over a block's bytes: what is due of it comes first.
        this.#enterChunk(offset);
        found = this.#view.locate(offset);
        this.#checkBlock(found, offset === floor.offset + 1);
      }
      const topics = "hole" in found ? undefined : found.topicsAt(offset);
      if (topics !== undefined) this.#topics.add(offset, topics);
      else if ("hole" in found && found.damaged === undefined && this.#chunk?.missing.has(offset) === true) {
        this.#topics.add(offset, [DAMAGED]);
        this.#missing++;
      } else this.#note(offset);
      if (offset === this.#chunk?.through) {
        this.#checkChunk();
        found = undefined;
      }
      if (offset % STEP === 0) onProgress(offset - floor.offset);
    }
    const { total } = this.#view.state.head;
    if (this.#total !== undefined && this.#total !== total) this.#tell("The ends do not weigh what the entries do");
    this.#checkRecords();
    return {
      events: head.offset - floor.offset,
      corrupt: this.#damaged.map(({ first, last }) => ({ after: this.#at(first - 1), through: this.#at(last) })),
      missing: this.#missing,
      problems: this.#problems,
    };
  }

  #checkBlock(found: Block | Hole, isOldest: boolean): void {
    if ("hole" in found) {
      this.#total = undefined;
      return;
    }
    // The last that was read; only the appender's record has one.
    if (this.#view.environment.lastVersion !== 0) this.#tell(`The block at ${found.first} has a version`);
    const before = found.total - found.weight;
    if (!isOldest && this.#total !== undefined && before !== this.#total) {
      this.#tell(`The block at ${found.first} does not weigh what it says`);
    }
    if (found.logTime < this.#logTime) this.#tell(`The clock of the block at ${found.first} went back`);
    this.#total = found.total;
    this.#logTime = found.logTime;
  }

  /** Finds the chunk of the index that an offset is in. */
  #enterChunk(offset: number): void {
    const { environment, state } = this.#view;
    if (offset > state.indexedThrough || (this.#chunk !== undefined && offset <= this.#chunk.through)) return;
    this.#topics.restart(offset - 1);
    const from = this.#chunk === undefined ? CHUNKS.start : chunkKey(this.#chunk.first + 1);
    const [record] = environment.records({ start: from, end: CHUNKS.end }, 1);
    if (record === undefined) {
      this.#tell(`The index has no chunk for ${offset}`);
      this.#chunk = { first: offset, through: state.indexedThrough, chunk: undefined, missing: new Set() };
      return;
    }
    const first = offsetOf(record.key);
    const chunk = readChunk(record.value, record.value.length, first);
    if (chunk === undefined) this.#tell(`The index's record of the chunk at ${first} is damaged`);
    if (first > offset) this.#tell(`The index has no chunk for ${offset} to ${first - 1}`);
    const [next] = environment.keys({ start: chunkKey(first + 1), end: CHUNKS.end }, 1);
    const through = chunk?.through ?? (next === undefined ? state.indexedThrough : offsetOf(next) - 1);
    const listed = environment.get(topicKey(DAMAGED, first));
    const missing = new Set(listed === undefined ? [] : readOffsets(listed, environment.lastSize, first));
    this.#chunk = { first, through, chunk, missing };
  }

  /** Compares the index of a chunk with its entries. */
  #checkChunk(): void {
    const { environment, state } = this.#view;
    if (this.#chunk === undefined) return;
    const { first, through, chunk } = this.#chunk;
    const topics = new Set([...(chunk?.newest.keys() ?? []), ...[...this.#topics.lists].map(([topic]) => topic)]);
    const isDamaged = this.#damaged.some((range) => range.last >= first && range.first <= through);
    for (const topic of topics) {
      const bytes = environment.get(topicKey(topic, first));
      const offsets = bytes === undefined ? [] : readOffsets(bytes, environment.lastSize, first);
      if (bytes !== undefined) this.#indexRecords++;
      const listed = offsets?.filter((offset) => offset > state.floor.offset);
      const there = this.#topics.of(topic);
      // A damaged entry's topics are known to the index alone.
      const agrees = isDamaged
        ? there.every((offset) => listed?.includes(offset))
        : listed?.length === there.length && there.every((offset, index) => offset === listed[index]);
      if (!agrees) this.#tell(`The index of the topic ${JSON.stringify(topic)} at ${first} is not that of the entries`);
    }
  }

  #checkRecords(): void {
    const records = this.#count(TOPICS);
    const { floor } = this.#view.state;
    if (records !== this.#indexRecords && floor.offset < this.#view.state.indexedThrough) {
      this.#tell(`The index has ${records} records, and the entries account for ${this.#indexRecords}`);
    }
    for (const { key, value } of this.#view.environment.all(KEPT_EVENTS)) {
      const kept = readKept(value, value.length);
      if (kept === undefined) this.#tell(`The kept event of ${JSON.stringify(topicOf(key))} is damaged`);
      else if (kept.offset > floor.offset) this.#tell(`The kept event of ${JSON.stringify(topicOf(key))} is not gone`);
    }
    for (const { key, value } of this.#view.environment.all(LEFTOVERS)) {
      if (readKeys(value).length === 0) this.#tell(`The idempotency keys at ${offsetOf(key)} are damaged`);
    }
  }

  #count({ start, end }: KeyRange): number {
    let count = 0;
    for (let from: Uint8Array = start; ;) {
      const keys = this.#view.environment.keys({ start: Buffer.from(from), end }, STEP);
      count += keys.length;
      const last = keys.at(-1);
      if (last === undefined) return count;
      from = Buffer.concat([last, Buffer.of(0)]);
    }
  }

  #note(offset: number): void {
    const last = this.#damaged.at(-1);
    if (last !== undefined && last.last === offset - 1) last.last = offset;
    else this.#damaged.push({ first: offset, last: offset });
  }

  #tell(problem: string): void {
    if (this.#problems.length < MOST_PROBLEMS) this.#problems.push(problem);
  }

  #at(offset: number): Position {
    return this.#view.at(offset);
  }
}
