import type { Runtime } from "../../../src/index.ts";

/** A runtime whose time goes on when the test says so: while a loop is free its timers ring in time, after a block late. */
export class ClockedRuntime implements Runtime {
  readonly random: () => number;
  #elapsed = 0;
  #timers: { due: number; task: () => void }[] = [];

  constructor(random: () => number = Math.random) {
    this.random = random;
  }

  now(): number {
    return 1_700_000_000_000 + this.#elapsed;
  }

  elapsed(): number {
    return this.#elapsed;
  }

  defer(task: () => void): void {
    setImmediate(task);
  }

  after(ms: number, task: () => void): () => void {
    const timer = { due: this.#elapsed + ms, task };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((each) => each !== timer);
    };
  }

  /** How many timers are set. */
  get timers(): number {
    return this.#timers.length;
  }

  /** Time in which nothing keeps the event loop. */
  free(ms: number): void {
    const end = this.#elapsed + ms;
    for (;;) {
      const next = this.#timers.toSorted((a, b) => a.due - b.due)[0];
      if (next === undefined || next.due > end) break;
      this.#elapsed = Math.max(this.#elapsed, next.due);
      this.#ring(next);
    }
    this.#elapsed = end;
  }

  /** Time in which something keeps it. What was due meanwhile comes afterwards. */
  blocked(ms: number): void {
    this.#elapsed += ms;
    for (const timer of this.#timers.toSorted((a, b) => a.due - b.due)) {
      if (timer.due <= this.#elapsed) this.#ring(timer);
    }
  }

  #ring(timer: { due: number; task: () => void }): void {
    this.#timers = this.#timers.filter((each) => each !== timer);
    timer.task();
  }
}
