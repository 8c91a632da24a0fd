import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { memoryLog } from "tidings";
import { topicFilter, type Appended, type Draft, type Entry, type Log, type Position } from "tidings/log";
import { expect, test } from "vitest";
import { lmdbLog } from "../src/lmdb-log.ts";

/** Numbers from a seed. */
function chance(seed: number): (most: number) => number {
  let state = seed;
  return (most) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * most);
  };
}

async function readAll(log: Log, from: Position, topics: string[]): Promise<[number, string][]> {
  const filter = topicFilter(topics);
  const { head, evictedThrough } = await log.ends();
  const entries: Entry[] = [];
  for (let after = from.offset < evictedThrough.offset ? evictedThrough : from; after.offset < head.offset;) {
    const page = await log.read(after, filter, { entries: 300, bytes: 50_000 });
    if (page.reset) throw new Error("The position was the log's own");
    expect(page.corrupt).toEqual([]);
    entries.push(...page.entries.filter((entry) => filter.matches(entry.topics)));
    after = page.through;
  }
  return entries.map(({ offset, data }) => [offset, data]);
}

async function latest(log: Log, topics: string[], n: number, through: Position): Promise<[number, string][]> {
  return (await log.latest(topicFilter(topics), n, through)).map(({ offset, data }) => [offset, data]);
}

/** The position of each log at one offset. */
type Positions = Map<number, readonly [memory: Position, disk: Position]>;

test.each([1, 2, 3])(
  "a log on disk answers as one in memory does, over chunks of its index, retention and restarts: seed %i",
  async (seed) => {
    const random = chance(seed);
    const path = await mkdtemp(join(tmpdir(), "tidings-model-"));
    const limits = { maxEvents: [9_000, 3_000, 500][seed - 1] ?? 1, maxBytes: 2 ** 40, maxTopics: 40 };
    const memory = memoryLog(limits);
    const open = (): Log => lmdbLog({ ...limits, path, durability: "commit" });
    let disk = open();
    const positions: Positions = new Map();
    let made = 0;

    const draft = (): Draft => {
      const names = [`often/${random(8)}`, `rare/${random(300)}`, `once/${made}`, `$hub/${made}`, "often/1"];
      const topics = [...new Set([names[random(20) === 0 ? 1 + random(3) : 0] ?? "", ...(random(9) ? [] : ["both"])])];
      const key = random(6) === 0 ? { id: `k${random(4_000)}`, payload: "p" } : undefined;
      return { topics, event: undefined, data: `${made++}`, key, private: false, audience: undefined };
    };

    const asks = [["often/3"], ["rare/7", "both"], ["rare/*"], ["once/5", "both", "often/2"], ["**"]];
    try {
      for (let round = 0; round < 60; round++) {
        const appends = Array.from({ length: 1 + random(12) }, () =>
          Array.from({ length: 1 + random(80) }, () => draft()),
        );
        // One after the other: what is kept beyond retention depends on what is committed together.
        const [ours, theirs]: [Appended[][], Appended[][]] = [[], []];
        for (const drafts of appends) {
          ours.push([...(await memory.append(drafts))]);
          theirs.push([...(await disk.append(drafts))]);
        }
        const place = (answers: typeof ours): unknown =>
          answers.flat().map(({ position, duplicate }) => [position.offset, duplicate]);
        expect(place(theirs)).toEqual(place(ours));
        ours.flat().forEach(({ position }, index) => {
          const other = theirs.flat()[index]?.position;
          if (other !== undefined) positions.set(position.offset, [position, other]);
        });
        if (random(6) === 0) {
          await disk.close();
          disk = open();
        }
        const [one, other] = [await memory.ends(), await disk.ends()];
        expect([other.head.offset, other.evictedThrough.offset]).toEqual([one.head.offset, one.evictedThrough.offset]);
        const topics = asks[random(asks.length)] ?? [];
        const from = positions.get(1 + random(one.head.offset));
        if (from === undefined) continue;
        expect(await readAll(disk, from[1], topics)).toEqual(await readAll(memory, from[0], topics));
        const n = 1 + random(4);
        expect(await latest(disk, topics, n, from[1])).toEqual(await latest(memory, topics, n, from[0]));
        expect(await latest(disk, topics, n, other.head)).toEqual(await latest(memory, topics, n, one.head));
      }
      expect((await memory.ends()).head.offset).toBeGreaterThan(10_000);
    } finally {
      await disk.close();
      await rm(path, { recursive: true, force: true });
    }
  },
);
