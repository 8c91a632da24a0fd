import { existsSync } from "node:fs";
import { join } from "node:path";

import { topicFilter, type Entry, type Log } from "tidings/log";

import { draft, openLog, type Opening } from "./opened.ts";
import type { Found } from "./trace.ts";

/** What the reader is told, as JSON in its first argument. */
export interface Reading extends Opening {
  /** Keys that are published once more. */
  readonly keys: readonly string[];
}

const PAGE = { entries: 1_000, bytes: 4_000_000 };
const { keys, ...opening } = JSON.parse(process.argv[2] ?? "") as Reading;

const problems = await verified(opening.module, opening.folder);
const log = await openLog(opening);
const { head, evictedThrough } = await log.ends();
const { entries, corrupt } = await everything(log);
const again = [];
for (const key of keys) {
  const [answer] = await log.append([draft("t/0", "again", key)]);
  again.push({ key, duplicate: answer?.duplicate ?? false, offset: answer?.position.offset ?? 0 });
}
const [next] = await log.append([draft("t/0", "the next one", undefined)]);
await log.close();
const found: Found = {
  epoch: head.epoch,
  evicted: evictedThrough.offset,
  head: head.offset,
  entries: entries.map(({ offset, tag, data }) => [offset, tag, data]),
  corrupt,
  problems,
  again,
  next: next?.position.offset ?? 0,
};
process.stdout.write(JSON.stringify(found));

async function everything(from: Log): Promise<{ entries: Entry[]; corrupt: number }> {
  const read: Entry[] = [];
  let ranges = 0;
  for (let after = evictedThrough; after.offset < head.offset;) {
    const page = await from.read(after, topicFilter(["**"]), PAGE);
    if (page.reset) throw new Error(`The log does not know its own position ${JSON.stringify(after)}`);
    if (page.through.offset <= after.offset) throw new Error(`A page after ${after.offset} looks no further`);
    read.push(...page.entries);
    ranges += page.corrupt.length;
    after = page.through;
  }
  return { entries: read, corrupt: ranges };
}

/** What `verify` has to say of a log that no one has opened since. */
async function verified(module: string, folder: string): Promise<readonly string[]> {
  const { verifyLog } = (await import(module)) as {
    verifyLog?: (path: string) => Promise<{ corrupt: readonly unknown[]; problems: readonly string[] }>;
  };
  // Before its file there is no log.
  if (verifyLog === undefined || !existsSync(join(folder, "data.mdb"))) return [];
  const result = await verifyLog(folder);
  return [...result.problems, ...result.corrupt.map((range) => `corrupt: ${JSON.stringify(range)}`)];
}
