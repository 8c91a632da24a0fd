/** How long to wait before the next connection. */
export interface Reconnection {
  /** The server said when to come back, in ms. */
  announced(ms: number): void;
  /** A connection gave something: what failed before it does not count any more. */
  succeeded(): void;
  /** The next wait in ms. Each one since the last success has a longer range. */
  next(): number;
}

const RETRY = 2_000;
/** A server that says 0 must not be hammered. */
const LEAST_RETRY = 250;
const LONGEST = 30_000;

/**
 * Exponential back-off with full jitter: the wait is at least what the server asked for (2 s if it did not), and at
 * random up to the double of it for each failure, but no more than 30 s.
 */
export function createReconnection(random: () => number = Math.random): Reconnection {
  let retry = RETRY;
  let failures = 0;
  return {
    announced(ms) {
      retry = Math.min(Math.max(ms, LEAST_RETRY), 2 ** 31 - 1);
    },
    succeeded() {
      failures = 0;
    },
    next() {
      const longest = Math.max(retry, Math.min(LONGEST, retry * 1.25 * 2 ** failures));
      failures += 1;
      return Math.round(retry + random() * (longest - retry));
    },
  };
}
