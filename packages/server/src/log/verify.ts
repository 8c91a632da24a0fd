import { verifyLog } from "@tidings/log-lmdb";
import { formatCursor } from "tidings/log";

import { CodedFailure } from "../failure.ts";
import { print } from "./print.ts";
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
  const { events, corrupt, missing, problems } = await work("verifying", (by) => verifyLog(folder, by));
  const ranges = corrupt.map(
    ({ after, through }) => `unreadable: after ${formatCursor(after)} through ${formatCursor(through)}`,
  );
  const wrong = [...ranges, ...problems];
  await print(wrong.slice(0, TOLD).map((line) => `${line}\n`));
  if (wrong.length > TOLD) await print([`and ${wrong.length - TOLD} more\n`]);
  if (wrong.length > 0) {
    throw new CodedFailure(
      `The log is damaged: ${wrong.length === 1 ? "one thing is" : `${wrong.length} things are`} wrong in ${events} events. ` +
        `What can be read goes into a new folder by: tidings log export ${folder} | tidings log import FOLDER`,
      DAMAGED,
    );
  }
  const known = missing === 0 ? "" : ` but ${missing} that it was imported without: subscribers are told a gap there`;
  await print([`${events} events, all of them well${known}\n`]);
}
