import { relative, resolve } from "node:path";

import type { Logger } from "pino";
import { memoryLog } from "tidings";
import type { Log } from "tidings/log";

import { Failure, reasonOf, systemCode } from "../failure.ts";
import type { ServeSettings } from "./settings.ts";

/** What there is to say about the log. */
export type LogSettings = Pick<ServeSettings, "log" | "durability" | "maxEvents" | "maxAge" | "maxBytes">;

/**
 * Opens the log, and looks into it: what is wrong with it is known before anybody connects.
 *
 * @throws Failure if it cannot be opened, or is damaged
 */
export async function openLog(settings: LogSettings, logger: Logger): Promise<Log> {
  const { maxEvents, maxAge, maxBytes } = settings;
  const kept = {
    ...(maxEvents === undefined ? {} : { maxEvents }),
    ...(maxAge === undefined ? {} : { maxAge }),
    ...(maxBytes === undefined ? {} : { maxBytes }),
  };
  if (settings.log.kind === "memory") return memoryLog(kept);
  const { path } = settings.log;
  // Loaded only where it is used: a hub in memory does without what it needs of the machine.
  const { lmdbLog } = await import("@tidings/log-lmdb");
  const log = lmdbLog({ path: resolve(path), durability: settings.durability ?? "fsync", logger, ...kept });
  try {
    await log.ends();
  } catch (error) {
    await log.close().catch(() => undefined);
    // Its own words say which log, and what to run; the innermost cause, which is told of other errors, does not.
    if (error instanceof Error && systemCode(error) === "log-failed")
      throw new Failure(error.message, { cause: error });
    throw new Failure(`The log in ${path} cannot be opened: ${reasonOf(error)}`, { cause: error });
  }
  return log;
}

/**
 * Options of the log that do not fit each other.
 *
 * @throws Failure that says why, and what to run
 */
export function refuseImpossibleLog({
  log,
  durability,
  workers,
}: Pick<ServeSettings, "log" | "durability" | "workers">): void {
  if (log.kind !== "memory") return;
  if (durability !== undefined) {
    throw new Failure(
      `A log in memory does not outlive the process, so it cannot have the durability ${durability}. ` +
        "Leave out --durability, or --log memory.",
    );
  }
  if (workers > 1) {
    throw new Failure(
      `A log in memory belongs to one process, and ${workers} workers need one that all of them share: what one of them ` +
        `took the others would never see. Run: tidings serve --workers ${workers}, which keeps it in .tidings/; ` +
        "or name a folder with --log lmdb:FOLDER.",
    );
  }
}

/** Where the log is and how durable, for the line that says that the hub is ready. */
export function describeLog({ log, durability = "fsync" }: Pick<ServeSettings, "log" | "durability">): string {
  if (log.kind === "memory") return "log: memory";
  const folder = resolve(log.path);
  const near = relative(process.cwd(), folder);
  return `log: ${near === "" ? "." : near.startsWith("..") ? folder : near}, ${durability}`;
}
