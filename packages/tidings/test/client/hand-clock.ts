import type { Clock } from "../../src/client/index.ts";

/** A clock that a test turns by hand. */
export class HandClock implements Clock {
  #now = 0;
  #timers: { readonly due: number; readonly task: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  after(ms: number, task: () => void): () => void {
    const timer = { due: this.#now + ms, task };
    this.#timers.push(timer);
    return () => (this.#timers = this.#timers.filter((other) => other !== timer));
  }

  /** How many timers wait. */
  get waiting(): number {
    return this.#timers.length;
  }

  /** Time goes by, and timers ring when they are due. */
  turn(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const next = this.#timers.toSorted((a, b) => a.due - b.due)[0];
      if (next === undefined || next.due > end) break;
      this.#timers = this.#timers.filter((other) => other !== next);
      this.#now = Math.max(this.#now, next.due);
      next.task();
    }
    this.#now = end;
  }

  /** Time goes by while the machine sleeps: no timer rings. */
  sleep(ms: number): void {
    this.#now += ms;
    this.#timers = this.#timers.map(({ due, task }) => ({ due: due + ms, task }));
  }
}
