/** Time as a stream sees it. A test may turn its own. */
export interface Clock {
  /** Wall clock, in ms: after a sleep it tells how long that was. */
  now(): number;
  /** Runs a task in so many ms; answers what cancels it. */
  after(ms: number, task: () => void): () => void;
}

type Timer = { unref?: () => void };

/** The longest that `setTimeout` can wait. */
export const LONGEST: number = 2 ** 31 - 1;

/** The system's clock. `holdsProcess: false` lets a Node process end while nothing but a timer of it is left. */
export function systemClock(holdsProcess: boolean): Clock {
  return {
    now: Date.now,
    after(ms, task) {
      const timer: unknown = setTimeout(task, Math.min(ms, LONGEST));
      if (!holdsProcess) (timer as Timer).unref?.();
      return () => clearTimeout(timer as number);
    },
  };
}
