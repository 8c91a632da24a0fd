import type { Place } from "./cursor.ts";

/** An entry of the log, as far as it is known. */
export interface KnownEntry {
  readonly offset: number;
  readonly tag: string;
  readonly topics: readonly string[];
  readonly payload: string;
  /** When it was appended, where the log itself says so. */
  readonly at: number | undefined;
}

/** One history of the log: its entries, and when retention let go of them. A rewound one begins with those of another. */
export class History {
  readonly epoch: string;
  /** When it began. */
  readonly begun: number;
  readonly #parent: History | undefined;
  /** Through here the entries are the parent's. */
  readonly #base: number;
  readonly #entries: (KnownEntry | undefined)[] = [];
  readonly #evictions: { readonly at: number; readonly offset: number }[] = [];

  constructor(epoch: string, begun: number, parent?: History, base = 0) {
    this.epoch = epoch;
    this.begun = begun;
    this.#parent = parent;
    this.#base = base;
  }

  /** The newest offset that is known. */
  get head(): number {
    return this.#base + this.#entries.length;
  }

  add(entry: KnownEntry): void {
    this.#entries[entry.offset - this.#base - 1] = entry;
  }

  entry(offset: number): KnownEntry | undefined {
    return offset <= this.#base ? this.#parent?.entry(offset) : this.#entries[offset - this.#base - 1];
  }

  /** Whether a place is of this history; `undefined` where that is not known. */
  has({ epoch, offset, tag }: Place): boolean | undefined {
    if (epoch !== this.epoch) return false;
    if (offset === 0) return tag === "0";
    const known = this.entry(offset);
    return known === undefined ? undefined : known.tag === tag;
  }

  /**
   * The newest offset that the log can have had at some time, as far as it is known.
   *
   * @param slack how many entries may have been there of which no one was told
   */
  headAt(time: number, slack = 0): number {
    for (let offset = this.head; offset > 0; offset--) {
      const at = this.entry(offset)?.at;
      if (at !== undefined && at <= time) return Math.min(this.head, offset + slack);
    }
    return Math.min(this.head, slack);
  }

  evict(at: number, offset: number): void {
    this.#evictions.push({ at, offset });
  }

  /** Through where retention had let go by some time, as the log says. */
  evictedAt(time: number): number {
    return this.#evictions.findLast(({ at }) => at <= time)?.offset ?? 0;
  }
}
