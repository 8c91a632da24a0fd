import { verifyLog } from "@tidings/log-lmdb";
import { formatCursor } from "tidings/log";

import { CodedFailure } from "../failure.ts";
import { work } from "./work.ts";

/** The exit code for a log that is damaged. */
const DAMAGED = 2;
/** The most that is told one by one. */
const TOLD = 100;

/**
 * Checks a whole log, and prints what is wrong with it.
 *
 * @throws Failure if there is no log; with the exit code 2 if it is damaged
 */
export async function verify(folder: string): Promise<void> {
  const { events, corrupt, problems } = await work("verifying", (by) => verifyLog(folder, by));
  const ranges = corrupt.map(
    ({ after, through }) => `unreadable: after ${formatCursor(after)} through ${formatCursor(through)}`,
  );
  const wrong = [...ranges, ...problems];
  for (const line of wrong.slice(0, TOLD)) process.stdout.write(`${line}\n`);
  if (wrong.length > TOLD) process.stdout.write(`and ${wrong.length - TOLD} more\n`);
  if (wrong.length > 0) {
    throw new CodedFailure(
      `The log is damaged: ${wrong.length === 1 ? "one thing is" : `${wrong.length} things are`} wrong in ${events} events. ` +
        `What can be read goes into a new folder by: tidings log export ${folder} | tidings log import FOLDER`,
      DAMAGED,
    );
  }
  process.stdout.write(`${events} events, all of them well\n`);
}
