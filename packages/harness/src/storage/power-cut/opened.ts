import type { Draft, Log } from "tidings/log";

/** How the programs of a power cut open their log. */
export interface Opening {
  readonly folder: string;
  readonly durability: "fsync" | "commit";
  readonly maxEvents: number;
  /** The module that makes the log; a mutant's, if need be. */
  readonly module: string;
}

/** What such a module has. */
interface LogModule {
  lmdbLog(options: { path: string; durability: "fsync" | "commit"; maxEvents: number }): Log;
}

/** Opens the log of a power cut. */
export async function openLog({ folder, durability, maxEvents, module }: Opening): Promise<Log> {
  const { lmdbLog } = (await import(module)) as LogModule;
  return lmdbLog({ path: folder, durability, maxEvents });
}

/** An event for the log; what it holds is told from all others by its data. */
export function draft(topic: string, data: string, key: string | undefined): Draft {
  const event = { topics: [topic], event: undefined, data, private: false, audience: undefined };
  return { ...event, key: key === undefined ? undefined : { id: key, payload: `of ${key}` } };
}
