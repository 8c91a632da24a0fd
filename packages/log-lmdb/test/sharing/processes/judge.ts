import { expect } from "vitest";
import { topicFilter, type Entry } from "tidings/log";
import { lmdbLog } from "../../../src/lmdb-log.ts";
import { digest } from "./digest.ts";
import type { Member } from "./member.ts";

/** What was found when all was over. */
export interface Totals {
  readonly events: number;
  readonly acknowledged: number;
  readonly unknown: number;
  /** Of those that are unknown, how many are in the log. */
  readonly unknownThere: number;
  readonly retried: number;
}

/**
 * Judges a run by the log itself: every acknowledged event is there once, at the place that was answered, those of
 * one process in its order; whatever any process was told is what the log has; nothing is there that nobody published.
 */
export async function judge(folder: string, members: readonly Member[]): Promise<Totals> {
  const entries = await readAll(folder);
  const byData = new Map<string, Entry>();
  const digests = new Map<number, number>([[0, 0]]);
  let sum = 0;
  for (const [index, entry] of entries.entries()) {
    if (entry.offset !== index + 1) throw new Error(`${entry.offset} where ${index + 1} should be`);
    if (byData.has(entry.data)) throw new Error(`${entry.data} is there twice`);
    byData.set(entry.data, entry);
    digests.set(entry.offset, (sum = digest(sum, entry)));
  }
  for (const member of members) {
    expect(member.wrong).toEqual([]);
    for (const { acknowledged, offset, tag } of member.acknowledged) {
      const entry = byData.get(acknowledged);
      if (entry?.offset !== offset || entry.tag !== tag) throw new Error(`${acknowledged} is not at ${offset}`);
    }
    for (const [through, heard] of member.heard) {
      if (digests.get(through) !== heard) throw new Error(`${member.name} heard something else through ${through}`);
    }
    expect(inOrder(entries, member)).toBe(true);
  }
  const unknown = members.flatMap((member) => member.unknown);
  const acknowledged = members.flatMap((member) => member.acknowledged);
  return {
    events: entries.length,
    acknowledged: acknowledged.length,
    unknown: unknown.length,
    unknownThere: unknown.filter((data) => byData.has(data)).length,
    retried: acknowledged.filter(({ attempt }) => attempt > 1).length,
  };
}

/** Whether a process's events are in the order in which it made them, but for those that it has published again. */
function inOrder(entries: readonly Entry[], { name, acknowledged }: Member): boolean {
  const again = new Set(acknowledged.filter(({ attempt }) => attempt > 1).map((each) => each.acknowledged));
  const own = entries.filter(({ data }) => data.startsWith(`${name}:`) && !again.has(data));
  const numbers = own.map(({ data }) => Number(data.slice(name.length + 1)));
  return numbers.every((number, index) => index === 0 || number > (numbers[index - 1] ?? 0));
}

async function readAll(folder: string): Promise<Entry[]> {
  const log = lmdbLog({ path: folder });
  try {
    const { head } = await log.ends();
    const entries: Entry[] = [];
    for (let after = { ...head, offset: 0, tag: 0 }; after.offset < head.offset;) {
      const page = await log.read(after, topicFilter(["**"]), { entries: 10_000, bytes: 10_000_000 });
      if (page.reset) throw new Error("a reset");
      expect(page.corrupt).toEqual([]);
      entries.push(...page.entries);
      after = page.through;
    }
    return entries;
  } finally {
    await log.close();
  }
}
