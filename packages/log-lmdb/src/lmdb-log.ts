import type { Log } from "tidings/log";

/** Where the log is, how durable it is, how much it keeps, and for how long. */
export interface LmdbLogOptions {
  /** The folder. Made if it is not there. */
  readonly path: string;
}

/** A log on this machine's disk. */
export function lmdbLog(_options: LmdbLogOptions): Log {
  throw new Error("Not written yet");
}
