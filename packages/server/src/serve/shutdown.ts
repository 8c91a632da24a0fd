import type { Server } from "node:http";
import { constants } from "node:os";

import type { Logger } from "pino";

/** What is stopped, and in how many ms at most. */
export interface Stopping {
  readonly server: Server;
  readonly logger: Logger;
  readonly drain: number;
  /** Ends every stream, at the latest after the drain time. */
  endStreams(): Promise<void>;
}

// Ctrl-C reaches the process from the terminal and, where npm started it, once more from npm.
const SAME_SIGNAL = 500;

/**
 * Stops the process in order when SIGTERM or SIGINT comes: nothing new is let in, the streams end, and it exits with 0
 * at the latest when the drain time is over, destroying what is left. A second signal that is no echo of the first exits
 * at once.
 */
export function stopOnSignal(stopping: Stopping): void {
  let begun: number | undefined;
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => {
      if (begun !== undefined) {
        if (performance.now() - begun > SAME_SIGNAL) process.exit(128 + constants.signals[signal]);
        return;
      }
      begun = performance.now();
      stopping.logger.info({ signal, drainMs: stopping.drain }, "stopping");
      void stop(stopping);
    });
  }
}

async function stop({ server, logger, drain, endStreams }: Stopping): Promise<void> {
  setTimeout(() => {
    logger.warn("the drain time is over: what is left is cut");
    server.closeAllConnections();
    process.exit(0);
  }, drain);
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  try {
    await endStreams();
    // Connections that are kept open for a next request would hold the server until their time is over.
    server.closeIdleConnections();
    await closed;
    logger.info("stopped");
    process.exit(0);
  } catch (error) {
    logger.error({ err: error }, "stopping failed");
    process.exit(1);
  }
}
