import { existsSync } from "node:fs";
import { HubError, type Logger } from "tidings/log";
import { ChildFailure, inChild } from "./in-child.ts";
import { clearMarks, mark, readMarks } from "./in-use.ts";
import { dataFile } from "./open-log.ts";

/**
 * Leaves a mark that this process has the log open. Where a process before it did not close the log in order, the ends
 * and the newest entries are looked at first, in a process of its own: damage to the structure may kill whoever reads.
 *
 * @returns how to take the mark away
 * @throws HubError `log-failed` if the log is damaged. Nothing was changed then.
 */
export async function beforeOpening(path: string, logger: Logger): Promise<() => void> {
  const { dead } = readMarks(path);
  if (dead.length > 0 && existsSync(dataFile(path))) {
    const { damaged } = await inChild("tail", path).catch((error: unknown) => {
      if (!(error instanceof ChildFailure)) throw error;
      throw damagedLog(path, error);
    });
    if (damaged > 0) logger.error({ path, damaged }, "Some of the newest entries of the log are damaged");
  }
  const takeAway = mark(path);
  clearMarks(dead);
  return takeAway;
}

/** What is said of a log that cannot be opened. */
export function damagedLog(path: string, cause: unknown): HubError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new HubError(
    "log-failed",
    `The log in ${path} cannot be opened, and nothing was changed: ${reason}. "tidings log verify ${path}" says what is ` +
      `damaged; "tidings log export ${path}" gives what can be read, for "tidings log import" into another folder`,
    { cause },
  );
}
