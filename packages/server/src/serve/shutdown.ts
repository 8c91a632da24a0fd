import { constants } from "node:os";

import type { Logger } from "pino";

/** What is stopped, and in how many ms at most. */
export interface Stopping {
  readonly logger: Logger;
  readonly drain: number;
  /** Lets nothing new in, and ends what there is; by itself at the latest after the drain time. */
  stop(signal: StopSignal): Promise<void>;
  /** Ends at once what is left. */
  cut(): void;
}

/** How a process is told to stop. */
export type StopSignal = "SIGTERM" | "SIGINT";

// Ctrl-C reaches the process from the terminal and, where npm started it, once more from npm.
const SAME_SIGNAL = 500;

/**
 * Stops the process in order when SIGTERM or SIGINT comes: nothing new is let in, the streams end, and it exits with 0
 * at the latest when the drain time is over, destroying what is left. A second signal that is no echo of the first exits
 * at once.
 *
 * @returns does the same for a signal that came another way; a second time it does nothing
 */
export function stopOnSignal(stopping: Stopping): (signal: StopSignal) => void {
  let begun: number | undefined;
  function begin(signal: StopSignal): void {
    if (begun !== undefined) return;
    begun = performance.now();
    stopping.logger.info({ signal, drainMs: stopping.drain }, "stopping");
    void stop(stopping, signal);
  }
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => {
      if (begun !== undefined && performance.now() - begun > SAME_SIGNAL) {
        stopping.cut();
        process.exit(128 + constants.signals[signal]);
      }
      begin(signal);
    });
  }
  return begin;
}

async function stop({ logger, drain, stop: end, cut }: Stopping, signal: StopSignal): Promise<void> {
  setTimeout(() => {
    logger.warn("the drain time is over: what is left is cut");
    cut();
    process.exit(0);
  }, drain);
  try {
    await end(signal);
    logger.info("stopped");
    process.exit(0);
  } catch (error) {
    logger.error({ err: error }, "stopping failed");
    process.exit(1);
  }
}
