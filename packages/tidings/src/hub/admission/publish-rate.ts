import type { Rate } from "./limits.ts";

/** The whole of a unit in which an event is counted: then whole milliseconds and rates are counted without rounding. */
const EVENT = 1_000;

/**
 * The rates of many publishers: for each a bucket that fills with time. Nothing runs while nobody publishes, since all
 * that a bucket is can be told by one number: when it will be full again.
 */
export class PublishRate {
  readonly burst: number;
  readonly #perSecond: number;
  readonly #mostKeys: number;
  /** When each bucket is full, the one that was taken from longest ago first. One that is full already need not be here. */
  readonly #fullAt = new Map<string, number>();

  /** @param mostKeys remembered at a time; then the one that published longest ago is forgotten */
  constructor({ perSecond, burst }: Rate, mostKeys: number) {
    this.burst = burst;
    this.#perSecond = perSecond;
    this.#mostKeys = mostKeys;
  }

  /** How many keys are remembered. */
  get size(): number {
    return this.#fullAt.size;
  }

  /**
   * How long until a number of events is there, in milliseconds: 0 if it is now, and then `take` takes it.
   *
   * @param elapsed in milliseconds, of a clock that never goes back
   */
  wait(key: string, events: number, elapsed: number): number {
    const over = this.#filling(key, elapsed) + (events - this.burst) * EVENT;
    return Math.max(0, over / this.#perSecond);
  }

  /** Takes events out of a bucket. They are there: `wait` said so. */
  take(key: string, events: number, elapsed: number): void {
    const now = elapsed * this.#perSecond;
    const fullAt = now + this.#filling(key, elapsed) + events * EVENT;
    this.#fullAt.delete(key);
    this.#forget(now);
    this.#fullAt.set(key, fullAt);
  }

  /** What a bucket lacks, in thousandths of an event. */
  #filling(key: string, elapsed: number): number {
    return Math.max(0, (this.#fullAt.get(key) ?? 0) - elapsed * this.#perSecond);
  }

  /** Makes room for one more. Two at a time, so that full buckets go sooner than new ones come. */
  #forget(now: number): void {
    let looks = 2;
    for (const [key, fullAt] of this.#fullAt) {
      if (looks-- === 0 || (fullAt > now && this.#fullAt.size < this.#mostKeys)) return;
      this.#fullAt.delete(key);
    }
  }
}
