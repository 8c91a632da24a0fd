import { existsSync } from "node:fs";
import { ChildFailure, inChild } from "./in-child.ts";
import { LogError } from "./log-error.ts";
import { dataFile } from "./open-log.ts";
import type { Verified } from "./verify.ts";
import type { Working } from "./working.ts";

/**
 * Looks at every entry's checksum, and compares the index with the entries; in a process of its own, since damage to
 * the structure may kill whoever reads it. A log that is open meanwhile goes on.
 *
 * @throws LogError `no-log`
 */
export async function verifyLog(path: string, working: Working = {}): Promise<Verified> {
  if (!existsSync(dataFile(path))) throw new LogError("no-log", `There is no log in ${path}`);
  try {
    return await inChild("verify", path, working);
  } catch (error) {
    if (!(error instanceof ChildFailure)) throw error;
    return { events: error.events, corrupt: [], missing: 0, problems: [`The structure is damaged: ${error.message}`] };
  }
}
