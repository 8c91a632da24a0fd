import { constants } from "node:os";

import type { Progress } from "@tidings/log-lmdb";

import { CodedFailure, Failure, reasonOf } from "../failure.ts";
import { progressLine, type Unit } from "./progress.ts";

/** What long work is given: whom to tell how far it is, and what stops it. */
export interface Work {
  readonly onProgress: (progress: Progress) => void;
  readonly signal: AbortSignal;
}

/**
 * Does something with a log that may take long: shows how far it is, and stops it at SIGINT and SIGTERM.
 *
 * @throws Failure for what is wrong with the log
 */
export async function work<Result>(
  what: string,
  act: (work: Work) => Promise<Result>,
  unit: Unit = "events",
): Promise<Result> {
  const line = progressLine(what, unit);
  const stop = new AbortController();
  let stopped: "SIGINT" | "SIGTERM" | undefined;
  const stopBy = (signal: NodeJS.Signals): void => {
    stopped = signal === "SIGINT" ? signal : "SIGTERM";
    stop.abort();
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, stopBy);
  try {
    return await act({ onProgress: (progress) => line.show(progress), signal: stop.signal });
  } catch (error) {
    line.end();
    if (stopped !== undefined) throw new CodedFailure("Stopped.", 128 + constants.signals[stopped], { cause: error });
    if (error instanceof Failure) throw error;
    throw new Failure(reasonOf(error), { cause: error });
  } finally {
    line.end();
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.off(signal, stopBy);
  }
}
