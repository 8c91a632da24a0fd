import { Queue } from "./log/queue.ts";

interface Kept<Key, Value> {
  readonly key: Key;
  readonly value: Value;
  readonly bytes: number;
}

/** What keeping a value costs beside the value, in bytes. */
const OVERHEAD = 300;

/** Values that were made last, by key. Bounded in bytes, the oldest go first. */
export class RecentValues<Key, Value> {
  readonly #maxBytes: number;
  readonly #values = new Map<Key, Kept<Key, Value>>();
  // Beside the map, whose oldest key is slow to find once many have gone.
  readonly #order = new Queue<Kept<Key, Value>>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get(key: Key): Value | undefined {
    return this.#values.get(key)?.value;
  }

  /** Keeps a value in place of the one that its key had. */
  set(key: Key, value: Value, size: number): void {
    const kept = { key, value, bytes: OVERHEAD + size };
    this.#values.set(key, kept);
    this.#order.push(kept);
    this.#bytes += kept.bytes;
    while (this.#bytes > this.#maxBytes) this.#dropOldest();
  }

  clear(): void {
    this.#values.clear();
    while (this.#order.shift() !== undefined);
    this.#bytes = 0;
  }

  #dropOldest(): void {
    const oldest = this.#order.shift();
    if (oldest === undefined) return;
    this.#bytes -= oldest.bytes;
    if (this.#values.get(oldest.key) === oldest) this.#values.delete(oldest.key);
  }
}
