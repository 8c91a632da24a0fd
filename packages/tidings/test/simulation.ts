import type { Runtime } from "../src/hub/runtime.ts";

/** A small random generator that a seed replays (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Timer {
  readonly due: number;
  readonly task: () => void;
}

/** An event loop whose turns and timers come when the simulation says so, on a clock of its own. */
export class SimulatedRuntime implements Runtime {
  readonly random: () => number;
  #deferred: (() => void)[] = [];
  #timers: Timer[] = [];
  /** In milliseconds. */
  #clock = 0;

  constructor(random: () => number) {
    this.random = random;
  }

  now(): number {
    return 1_700_000_000_000 + this.#clock;
  }

  /** Goes on a little at every look, and sometimes so far that a slice ends. */
  elapsed(): number {
    return (this.#clock += this.random() < 0.1 ? 5 : 0.01);
  }

  /** The time for a log: a little later at every look. */
  stamp(): number {
    return (this.#clock += 0.000_1);
  }

  defer(task: () => void): void {
    this.#deferred.push(task);
  }

  after(ms: number, task: () => void): () => void {
    const timer = { due: this.#clock + ms, task };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((each) => each !== timer);
    };
  }

  /** Runs what was deferred longest ago. Whether there was something. */
  turn(): boolean {
    const task = this.#deferred.shift();
    task?.();
    return task !== undefined;
  }

  /** Lets the time of the next timer come. Whether there was one. */
  ring(): boolean {
    const next = this.#timers.toSorted((one, other) => one.due - other.due).at(0);
    if (next === undefined) return false;
    this.#timers = this.#timers.filter((each) => each !== next);
    this.#clock = Math.max(this.#clock, next.due);
    next.task();
    return true;
  }

  /** Lets so many milliseconds pass, and the time of every timer that is due by then come. */
  pass(ms: number): void {
    const end = this.#clock + ms;
    while (this.#timers.some(({ due }) => due <= end)) this.ring();
    this.#clock = Math.max(this.#clock, end);
  }

  /** Lets promises go on by so many steps. */
  async settle(steps: number): Promise<void> {
    for (let step = 0; step < steps; step++) await Promise.resolve();
  }
}
