import { randomBetween, type Runtime } from "../runtime.ts";

/** Refused streams in a second that a hub does not mind. With more of them, those who come next are sent further away. */
const BEARABLE = 100;
/** How often it is looked at, in milliseconds. */
const LOOK = 1_000;
/** Where the range ends at the most, unless the hub's own is longer, in milliseconds. */
const LONGEST = 30_000;

/**
 * When those who were refused are to come back: at random, in a range that doubles with each second that brings too many
 * of them, and halves with each that does not. No timer: time is looked at when someone is refused.
 */
export class Comeback {
  readonly #runtime: Runtime;
  readonly #range: { readonly min: number; readonly max: number };
  #longest: number;
  #since = 0;
  #refused = 0;

  /** @param range of a stream's `retry:`, in milliseconds, from which it starts */
  constructor(range: { readonly min: number; readonly max: number }, runtime: Runtime) {
    this.#runtime = runtime;
    this.#range = range;
    this.#longest = range.max;
  }

  /** The time for one more of them, in milliseconds. */
  next(): number {
    const now = this.#runtime.elapsed();
    const seconds = Math.floor((now - this.#since) / LOOK);
    if (seconds > 0) {
      const { max } = this.#range;
      const factor = this.#refused > BEARABLE ? 2 : 1 / 2;
      // Seconds in which nobody came halve it, too.
      this.#longest = Math.max(max, Math.min(Math.max(max, LONGEST), this.#longest * factor) / 2 ** (seconds - 1));
      this.#since = now;
      this.#refused = 0;
    }
    this.#refused++;
    return randomBetween(this.#runtime, this.#range.min, Math.round(this.#longest));
  }
}
