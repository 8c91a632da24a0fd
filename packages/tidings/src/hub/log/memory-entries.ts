import { textLength, type Entry } from "./log.ts";
import { firstAbove, Queue } from "./queue.ts";
import type { Searched } from "./search.ts";
import { TopicOffsets } from "./topic-offsets.ts";

// What an entry weighs beside its text: its object and its place in the list, and its place in the index of each topic.
const ENTRY_BYTES = 250;
const TOPIC_BYTES = 50;

/** More than one append adds, so that retention by count and by bytes holds at once. */
const MOST_EVICTED = 4_096;

/** How much is kept. */
export interface Retention {
  readonly maxEvents: number;
  /** In milliseconds. */
  readonly maxAge: number;
  readonly maxBytes: number;
  readonly maxTopics: number;
}

interface Kept {
  readonly entry: Entry;
  /** When it was appended, by a clock that never goes back. */
  readonly since: number;
}

/** The entries of a memory log within its retention, with an index by topic, and the kept newest of quiet topics. */
export class MemoryEntries implements Searched {
  readonly #retention: Retention;
  readonly #entries = new Queue<Kept>();
  readonly byTopic: TopicOffsets = new TopicOffsets();
  // Topics enter in order of their last publication, since that is the order of eviction, and leave in the same order.
  readonly #newest = new Map<string, Entry>();
  #bytes = 0;
  #newestBytes = 0;
  #evicted = 0;
  #evictedTag = 0;

  constructor(retention: Retention) {
    this.#retention = retention;
  }

  /** What is kept at most, in bytes. */
  get maxBytes(): number {
    return this.#retention.maxBytes;
  }

  /** The newest offset, or 0. */
  get head(): number {
    return this.#evicted + this.#entries.length;
  }

  /** The newest offset that is gone, or 0. */
  get evicted(): number {
    return this.#evicted;
  }

  push(entry: Entry, elapsed: number): void {
    this.#entries.push({ entry, since: elapsed });
    this.#bytes += weight(entry);
    this.byTopic.push(entry);
    for (const topic of entry.topics) this.#release(topic);
  }

  /** Lets go what retention does not keep, so many at a time: what expired together does not hold up the event loop. */
  evict(elapsed: number): void {
    const { maxEvents, maxAge, maxBytes } = this.#retention;
    for (let evicted = 0; evicted < MOST_EVICTED; evicted++) {
      const oldest = this.#entries.at(0);
      if (oldest === undefined) return;
      const expired = elapsed - oldest.since > maxAge;
      if (!expired && this.#entries.length <= maxEvents && this.#bytes <= maxBytes) return;
      this.#evictOldest(oldest.entry);
    }
  }

  entryAt(offset: number): Entry | undefined {
    return this.#entries.at(offset - this.#evicted - 1)?.entry;
  }

  /** The tag of the entry at an offset: of the newest one that is gone, too. 0 before the first. */
  tagAt(offset: number): number | undefined {
    return offset === this.#evicted ? this.#evictedTag : this.entryAt(offset)?.tag;
  }

  /** All entries after an offset. */
  after(offset: number): Entry[] {
    const entries: Entry[] = [];
    for (let next = offset + 1; next <= this.head; next++) {
      const entry = this.entryAt(next);
      if (entry !== undefined) entries.push(entry);
    }
    return entries;
  }

  /** The newest `n` entries of a topic up to an offset, the newest first; where none is left, the kept one. */
  latest(topic: string, n: number, through: number): Entry[] {
    const all = this.byTopic.of(topic);
    const kept = this.#newest.get(topic);
    if (all === undefined) return kept !== undefined && kept.offset <= through ? [kept] : [];
    const found: Entry[] = [];
    for (let index = firstAbove(all, through) - 1; index >= 0 && found.length < n; index--) {
      const entry = this.entryAt(all.at(index) ?? 0);
      if (entry !== undefined) found.push(entry);
    }
    return found;
  }

  /** Every topic that `latest` can answer. */
  topics(): Iterable<string> {
    return [...this.byTopic.topics, ...this.#newest.keys()];
  }

  #evictOldest(entry: Entry): void {
    this.#entries.shift();
    this.#evicted = entry.offset;
    this.#evictedTag = entry.tag;
    this.#bytes -= weight(entry);
    for (const topic of this.byTopic.shift(entry)) {
      // The hub's own topics are as many as streams were changed: no one asks for their newest.
      if (!topic.startsWith("$")) this.#keepNewest(topic, entry);
    }
  }

  #keepNewest(topic: string, entry: Entry): void {
    this.#newest.set(topic, entry);
    this.#newestBytes += weight(entry);
    while (this.#newest.size > this.#retention.maxTopics || this.#newestBytes > this.#retention.maxBytes) {
      const [oldest] = this.#newest.keys();
      if (oldest === undefined) return;
      this.#release(oldest);
    }
  }

  #release(topic: string): void {
    const entry = this.#newest.get(topic);
    if (entry === undefined) return;
    this.#newest.delete(topic);
    this.#newestBytes -= weight(entry);
  }
}

/** What an entry takes in memory, about: V8 keeps a text in one or two bytes a character. */
function weight(entry: Entry): number {
  return ENTRY_BYTES + TOPIC_BYTES * entry.topics.length + 2 * textLength(entry);
}
