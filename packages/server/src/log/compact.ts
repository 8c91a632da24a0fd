import { compactLog } from "@tidings/log-lmdb";

import { print } from "./print.ts";
import { work } from "./work.ts";
import { sizeText } from "./size-text.ts";

/**
 * Makes the file of a log as small as what it holds.
 *
 * @throws Failure if there is no log, or a hub runs on it
 */
export async function compact(folder: string): Promise<void> {
  const { before, after } = await work("compacting", (by) => compactLog(folder, by), "bytes");
  await print([`${sizeText(before)} before, ${sizeText(after)} now\n`]);
}
