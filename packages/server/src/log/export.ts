import { createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

import { exportLog } from "@tidings/log-lmdb";

import { Failure, systemCode } from "../failure.ts";
import { print } from "./print.ts";
import { work, type Work } from "./work.ts";

/**
 * Writes a log as NDJSON. A file that could not be finished is taken away.
 *
 * @throws Failure if there is no log, the file is there already, or it cannot be written
 */
export async function exportTo(folder: string, { output }: { readonly output?: string }): Promise<void> {
  await work("exporting", async (by) => {
    if (output === undefined) await print(linesOf(folder, by), by.signal);
    else await exportToFile(folder, output, by);
  });
}

async function exportToFile(folder: string, output: string, by: Work): Promise<void> {
  const file = createWriteStream(output, { flags: "wx", flush: true });
  try {
    await pipeline(Readable.from(linesOf(folder, by)), file, { signal: by.signal });
  } catch (error) {
    if (systemCode(error) === "EEXIST") throw new Failure(`${output} is there already: name another file.`);
    await rm(output, { force: true });
    throw error;
  }
}

async function* linesOf(folder: string, by: Work): AsyncGenerator<string, void> {
  let unreadable = 0;
  for await (const line of exportLog(folder, by)) {
    if ("corrupt" in line) unreadable += 1;
    yield `${JSON.stringify(line)}\n`;
  }
  if (unreadable === 0) return;
  const ranges = unreadable === 1 ? "One range" : `${unreadable} ranges`;
  process.stderr.write(`${ranges} of the log cannot be read; a line stands in the place of each.\n`);
}
