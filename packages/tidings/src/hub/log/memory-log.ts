import { atLeastOne } from "../count.ts";
import { milliseconds, type Duration } from "../duration.ts";
import { HubError } from "../error.ts";
import { systemRuntime, type Runtime } from "../runtime.ts";
import type { TopicFilter } from "../topic-filter.ts";
import { matchesPattern } from "../../wire/topic-pattern.ts";
import { utf8Length } from "../utf8.ts";
import { DedupeWindow } from "./dedupe-window.ts";
import {
  textLength,
  type Appended,
  type Draft,
  type Ends,
  type Entry,
  type Followed,
  type Log,
  type Page,
  type PageLimit,
  type Position,
  type Reset,
} from "./log.ts";
import { MemoryEntries } from "./memory-entries.ts";
import { MemoryFollowers } from "./memory-followers.ts";
import { search } from "./search.ts";

/** How much a memory log keeps, and for how long. */
export interface MemoryLogOptions {
  /** Events. 100,000 by default. */
  readonly maxEvents?: number;
  /** From publication on. One hour by default. */
  readonly maxAge?: Duration;
  /** Of memory, about. 64 MiB by default; the kept newest events of quiet topics may take as much again. */
  readonly maxBytes?: number;
  /** Topics whose newest event is kept beyond retention, for `last:N`. 10,000 by default. */
  readonly maxTopics?: number;
  /** How long an idempotency key is remembered. Five minutes by default. */
  readonly dedupeWindow?: Duration;
  /** How many idempotency keys are remembered. 100,000 by default. */
  readonly maxKeys?: number;
  /** The clock and the chance. The real ones by default. */
  readonly runtime?: Pick<Runtime, "now" | "elapsed" | "random">;
}

/**
 * A log in this process's memory: the fastest, and gone with the process. A hub that is started again has another
 * history, and tells those who come back with `tidings:reset`.
 *
 * @throws HubError `bad-option`
 */
export function memoryLog(options: MemoryLogOptions = {}): Log {
  return new MemoryLog(options);
}

class MemoryLog implements Log {
  readonly durability = "memory";
  readonly atomicBatches = true;
  readonly #runtime: Pick<Runtime, "now" | "elapsed" | "random">;
  readonly #epoch: string;
  readonly #entries: MemoryEntries;
  readonly #keys: DedupeWindow;
  readonly #followers: MemoryFollowers;
  #closed = false;

  constructor(options: MemoryLogOptions) {
    this.#runtime = options.runtime ?? systemRuntime();
    this.#epoch = Array.from({ length: 2 }, () => Math.floor(this.#runtime.random() * 36 ** 5).toString(36)).join("");
    this.#entries = new MemoryEntries({
      maxEvents: atLeastOne(options.maxEvents ?? 100_000, "maxEvents"),
      maxAge: milliseconds(options.maxAge ?? "1h", "maxAge"),
      maxBytes: atLeastOne(options.maxBytes ?? 64 * 1024 * 1024, "maxBytes"),
      maxTopics: atLeastOne(options.maxTopics ?? 10_000, "maxTopics"),
    });
    this.#followers = new MemoryFollowers(this.#entries.maxBytes);
    this.#keys = new DedupeWindow(
      milliseconds(options.dedupeWindow ?? "5m", "dedupeWindow"),
      atLeastOne(options.maxKeys ?? 100_000, "maxKeys"),
    );
  }

  get ready(): boolean {
    return !this.#closed;
  }

  async append(drafts: readonly Draft[]): Promise<readonly Appended[]> {
    if (this.#closed) throw new HubError("closed", "The log is closed");
    const elapsed = this.#runtime.elapsed();
    this.#keys.expire(elapsed);
    this.#keys.refuseConflicts(drafts);
    const time = this.#runtime.now();
    const appended: Entry[] = [];
    const answers = drafts.map((draft): Appended => {
      const known = draft.key === undefined ? undefined : this.#keys.get(draft.key.id);
      if (known !== undefined) return { position: known, duplicate: true };
      const tag = 1 + Math.floor(this.#runtime.random() * 0xffff_ffff);
      const entry: Entry = { version: 1, offset: this.#entries.head + 1, tag, time, ...draft };
      this.#entries.push(entry, elapsed);
      appended.push(entry);
      const position = this.#at(entry.offset);
      if (draft.key !== undefined) this.#keys.remember(draft.key, position, elapsed);
      return { position, duplicate: false };
    });
    // Followers are handed the entries themselves, so a retention smaller than the batch takes none from them.
    this.#followers.tell({ entries: appended });
    this.#entries.evict(elapsed);
    return answers;
  }

  async read(after: Position, filter: TopicFilter, limit: PageLimit): Promise<Page | Reset> {
    this.#entries.evict(this.#runtime.elapsed());
    const evictedThrough = this.#at(this.#entries.evicted);
    if (!this.#knows(after)) return { reset: true, oldest: evictedThrough };
    const start = Math.max(after.offset, this.#entries.evicted);
    const page = new PageEntries(limit);
    const through = search(filter, this.#entries, start, this.#entries.head, (entry) => page.add(entry));
    return { entries: page.entries, through: this.#at(through), evictedThrough, corrupt: [] };
  }

  async latest(filter: TopicFilter, n: number, through: Position): Promise<readonly Entry[]> {
    this.#entries.evict(this.#runtime.elapsed());
    const topics = new Set(filter.topics);
    if (filter.patterns.length > 0) {
      for (const topic of this.#entries.topics()) {
        if (filter.patterns.some((pattern) => matchesPattern(pattern, topic))) topics.add(topic);
      }
    }
    const newest = new Map<number, Entry>();
    for (const topic of topics) {
      for (const entry of this.#entries.latest(topic, n, through.offset)) newest.set(entry.offset, entry);
    }
    return [...newest.values()].toSorted((one, other) => one.offset - other.offset);
  }

  async *follow(after: Position, signal: AbortSignal): AsyncGenerator<Followed, void> {
    // Taken before anything else can be appended.
    const follower = this.#followers.add(signal);
    try {
      if (!this.#knows(after)) {
        yield { reset: true, position: this.#at(this.#entries.head) };
      } else if (after.offset < this.#entries.head) {
        yield { entries: this.#entries.after(Math.max(after.offset, this.#entries.evicted)) };
      }
      yield* follower;
    } finally {
      follower.end();
    }
  }

  async ends(): Promise<Ends> {
    this.#entries.evict(this.#runtime.elapsed());
    return { head: this.#at(this.#entries.head), evictedThrough: this.#at(this.#entries.evicted) };
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#followers.close();
  }

  #at(offset: number): Position {
    return { epoch: this.#epoch, offset, tag: this.#entries.tagAt(offset) ?? 0 };
  }

  /** Whether a position is one of this history, as far as it is remembered. */
  #knows({ epoch, offset, tag }: Position): boolean {
    if (epoch !== this.#epoch || offset > this.#entries.head) return false;
    const known = this.#entries.tagAt(offset);
    return known === undefined || known === tag;
  }
}

/** The entries of a page, up to its limit. */
class PageEntries {
  readonly entries: Entry[] = [];
  readonly #limit: PageLimit;
  #bytes = 0;

  constructor(limit: PageLimit) {
    this.#limit = limit;
  }

  /** Takes an entry; whether no more go in. */
  add(entry: Entry): boolean {
    this.entries.push(entry);
    // The data to the byte, the names about.
    this.#bytes += utf8Length(entry.data) + textLength(entry) - entry.data.length;
    return this.entries.length >= this.#limit.entries || this.#bytes >= this.#limit.bytes;
  }
}
