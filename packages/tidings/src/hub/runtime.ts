/** The clock, the chance and the event loop that the engine lives by. Replaced as a whole to replay a run from a seed. */
export interface Runtime {
  /** Milliseconds since 1970, UTC. May jump. */
  now(): number;
  /** Milliseconds since some moment. Never goes back. */
  elapsed(): number;
  /** From 0 up to 1, without 1. */
  random(): number;
  /** Runs the task on the next turn of the event loop, after what is waiting there. */
  defer(task: () => void): void;
  /**
   * Runs the task after so many milliseconds; answers how to call it off.
   *
   * @param holds whether the process waits for it. Not by default.
   */
  after(ms: number, task: () => void, holds?: boolean): () => void;
}

type Deferring = { setImmediate?: (task: () => void) => unknown };
// A longer one would fire at once. Who waits that long looks at the clock again.
const LONGEST_TIMER = 2 ** 31 - 1;

type Timer = { unref?: () => void };

/** The real ones, of any runtime that has the web's timers. */
export function systemRuntime(): Runtime {
  const { setImmediate } = globalThis as Deferring;
  return {
    now: () => Date.now(),
    elapsed: () => performance.now(),
    random: () => Math.random(),
    defer: setImmediate === undefined ? (task) => void setTimeout(task, 0) : (task) => void setImmediate(task),
    after(ms, task, holds = false) {
      const timer: unknown = setTimeout(task, Math.min(ms, LONGEST_TIMER));
      if (typeof timer === "object" && !holds) (timer as Timer).unref?.();
      return () => clearTimeout(timer as Parameters<typeof clearTimeout>[0]);
    },
  };
}

/** A random whole number, both ends included. */
export function randomBetween(runtime: Runtime, least: number, most: number): number {
  return least + Math.floor(runtime.random() * (most - least + 1));
}
