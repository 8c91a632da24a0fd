/** How many streams one address or one principal has. Every stream of it refers to the same. */
export interface Tally {
  readonly key: string;
  count: number;
}

/** Counts streams by a key, up to a limit for each. Keys without a stream are forgotten. */
export class Tallies {
  readonly #tallies = new Map<string, Tally>();
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** How many keys have a stream. */
  get size(): number {
    return this.#tallies.size;
  }

  /** Whether a key has as many streams as it may. */
  isFull(key: string): boolean {
    return (this.#tallies.get(key)?.count ?? 0) >= this.#limit;
  }

  enter(key: string): Tally {
    let tally = this.#tallies.get(key);
    if (tally === undefined) this.#tallies.set(key, (tally = { key, count: 0 }));
    tally.count++;
    return tally;
  }

  leave(tally: Tally): void {
    if (--tally.count === 0) this.#tallies.delete(tally.key);
  }
}
