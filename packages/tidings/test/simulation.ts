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

/** An event loop whose turns and timers come when the test says so: with one seed, every run is the same. */
export class SimulatedRuntime implements Runtime {
  readonly random: () => number;
  #deferred: (() => void)[] = [];
  #timers: (() => void)[] = [];
  #clock = 0;

  constructor(random: () => number) {
    this.random = random;
  }

  now(): number {
    return 1_700_000_000_000 + this.#clock;
  }

  // Time goes on at every look, so that slices end, too.
  elapsed(): number {
    return (this.#clock += 1);
  }

  defer(task: () => void): void {
    this.#deferred.push(task);
  }

  after(_: number, task: () => void): () => void {
    this.#timers.push(task);
    return () => {
      this.#timers = this.#timers.filter((each) => each !== task);
    };
  }

  /** Runs what was deferred longest ago. Whether there was something. */
  turn(): boolean {
    const task = this.#deferred.shift();
    task?.();
    return task !== undefined;
  }

  /** Runs the timers that are set, as if their time had come. */
  ring(): void {
    const timers = this.#timers;
    this.#timers = [];
    for (const task of timers) task();
  }

  /** Lets promises go on by so many steps. */
  async settle(steps: number): Promise<void> {
    for (let step = 0; step < steps; step++) await Promise.resolve();
  }
}
