import type { Runtime } from "tidings/log";

/** The log's own clock: begins at the wall clock's time, or where the log is if that is later, and never goes back. */
export class LogClock {
  readonly #runtime: Pick<Runtime, "now" | "elapsed">;
  readonly #base: number;

  /** @param newest the time of the newest commit */
  constructor(runtime: Pick<Runtime, "now" | "elapsed">, newest: number) {
    this.#runtime = runtime;
    this.#base = Math.max(runtime.now(), newest) - runtime.elapsed();
  }

  /** In milliseconds. */
  now(): number {
    return this.#base + this.#runtime.elapsed();
  }
}
