import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";

import type { LogRecord } from "./record.ts";

/** The logs that a path names: a file, or every `.ndjson` of a folder. */
export async function logFiles(path: string): Promise<string[]> {
  if (!(await stat(path)).isDirectory()) return [path];
  const names = (await readdir(path)).filter((name) => name.endsWith(".ndjson"));
  return names.toSorted().map((name) => join(path, name));
}

/**
 * The records of logs, one file after another, without holding a file in memory.
 *
 * @throws Error with the file and the line that is no record
 */
export async function* readLogs(files: readonly string[]): AsyncGenerator<LogRecord, void> {
  for (const file of files) {
    let number = 0;
    for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
      number++;
      if (line !== "") yield parse(line, `${file}:${number}`);
    }
  }
}

function parse(line: string, where: string): LogRecord {
  try {
    const record = JSON.parse(line) as Partial<LogRecord> | null;
    if (typeof record?.kind === "string") return record as LogRecord;
  } catch (cause) {
    throw new Error(`Not a record: ${where}`, { cause });
  }
  throw new Error(`Not a record: ${where}`);
}
