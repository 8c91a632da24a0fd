import type { Clock } from "../client/stream/clock.ts";

/** A clock that stands still until it is told to go on. */
export interface TestClock extends Clock {
  /** Goes on to the next task that is due by a time, and runs it. False if there is none: then it is that time. */
  step(until: number): boolean;
  /** How many tasks wait. */
  readonly waiting: number;
}

interface Task {
  readonly at: number;
  readonly run: () => void;
}

/** A clock that begins at a time, in ms as `Date.now()` counts. */
export function createTestClock(begin: number): TestClock {
  let now = begin;
  const tasks = new Set<Task>();
  return {
    now: () => now,
    after(ms, run) {
      const task = { at: now + Math.max(0, ms), run };
      tasks.add(task);
      return () => tasks.delete(task);
    },
    step(until) {
      let next: Task | undefined;
      for (const task of tasks) if (task.at <= until && (next === undefined || task.at < next.at)) next = task;
      now = Math.max(now, next?.at ?? until);
      if (next === undefined) return false;
      tasks.delete(next);
      next.run();
      return true;
    },
    get waiting() {
      return tasks.size;
    },
  };
}
