import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { topicFilter, type Draft, type Entry, type Log } from "tidings/log";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compactLog, exportLog, importLog, lmdbLog, logInfo, verifyLog, type LmdbLogOptions } from "../src/index.ts";
import { verify } from "../src/maintenance/verify.ts";
import { Environment } from "../src/store/environment.ts";
import { identityOf } from "../src/store/identity.ts";
import { APPENDER_KEY } from "../src/store/keys.ts";
import { View } from "../src/store/view.ts";
import { damageEntry } from "./damage.ts";

let root = "";
let made = 0;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "tidings-maintenance-"));
});

afterAll(() => rm(root, { recursive: true, force: true }));

function draft(topic: string, data: string): Draft {
  return { topics: [topic], event: undefined, data, key: undefined, private: false, audience: undefined };
}

function never(): never {
  throw new Error("There are records");
}

/** A closed log with events of many kinds. */
async function closedLog(events: number, options: Partial<LmdbLogOptions> = {}): Promise<string> {
  const path = join(root, `${made++}`);
  const log = lmdbLog({ path, durability: "commit", ...options });
  await log.append([draft("quiet", "kept")]);
  for (let n = 0; n < events; n += 100) {
    await log.append(
      Array.from({ length: 100 }, (_, index): Draft => {
        const key = index % 10 === 0 ? { id: `k${n + index}`, payload: "p" } : undefined;
        const audience = index % 50 === 0 ? { roles: ["x"], users: ["ü"] } : undefined;
        const isPrivate = index % 3 === 0;
        const event = index % 4 === 0 ? "paid" : undefined;
        return { topics: [`t/${index % 7}`, "all"], event, data: `☃ ${n + index}`, key, private: isPrivate, audience };
      }),
    );
  }
  await log.close();
  return path;
}

async function contents(log: Log): Promise<unknown> {
  const { head, evictedThrough } = await log.ends();
  const entries: Entry[] = [];
  for (let after = evictedThrough; after.offset < head.offset;) {
    const page = await log.read(after, topicFilter(["**"]), { entries: 1_000, bytes: 10_000_000 });
    if (page.reset) throw new Error("The position was the log's own");
    entries.push(...page.entries);
    after = page.through;
  }
  const filter = topicFilter(["t/3"]);
  const ofTopic = await log.read(evictedThrough, filter, { entries: 10_000, bytes: 10_000_000 });
  return { head, evictedThrough, entries, ofTopic, latest: await log.latest(topicFilter(["**"]), 2, head) };
}

async function collected<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const list: Item[] = [];
  for await (const item of items) list.push(item);
  return list;
}

describe("work on a log's folder", () => {
  test("says what there is", async () => {
    const path = await closedLog(500, { maxEvents: 300 });
    const info = await logInfo(path);
    expect(info).toMatchObject({ version: 1, events: 300, topics: 8, inUse: false });
    expect(info.head.offset).toBe(501);
    expect(info.evictedThrough.offset).toBe(201);
    expect(info.newestTime).toBeGreaterThanOrEqual(info.oldestTime ?? Infinity);
    const log = lmdbLog({ path });
    await log.ends();
    expect((await logInfo(path)).inUse).toBe(true);
    await log.close();
    await expect(logInfo(join(root, "nothing"))).rejects.toMatchObject({ code: "no-log" });
  });

  test("exports and imports an equal log, through JSON", async () => {
    const path = await closedLog(9_000, { maxEvents: 8_000 });
    const lines = (await collected(exportLog(path))).map((line) => JSON.stringify(line));
    const copy = join(root, "copy");
    const progress: number[] = [];
    const { events } = await importLog(
      copy,
      lines.map((line) => JSON.parse(line) as unknown),
      { onProgress: (so) => progress.push(so.events) },
    );
    expect([events, progress.at(-1)]).toEqual([8_000, 8_000]);
    expect((await collected(exportLog(copy))).map((line) => JSON.stringify(line))).toEqual(lines);
    const [one, other] = [lmdbLog({ path, maxEvents: 8_000 }), lmdbLog({ path: copy, maxEvents: 8_000 })];
    expect(await contents(other)).toEqual(await contents(one));
    const keyed = { ...draft("all", "x"), key: { id: "k8990", payload: "p" } };
    expect((await other.append([keyed]))[0]?.duplicate).toBe(true);
    await Promise.all([one.close(), other.close()]);
    expect(await verifyLog(copy)).toMatchObject({ corrupt: [], problems: [] });
    await expect(importLog(copy, [])).rejects.toMatchObject({ code: "log-in-use" });
    await expect(importLog(join(root, "bad"), [{ log: "other" }])).rejects.toMatchObject({ code: "bad-format" });
  });

  test("verifies a log, also one that is open", async () => {
    const path = await closedLog(9_000, { maxEvents: 8_000 });
    const progress: number[] = [];
    const verified = await verifyLog(path, { onProgress: ({ events }) => progress.push(events) });
    expect(verified).toEqual({ events: 8_000, corrupt: [], missing: 0, problems: [] });
    const log = lmdbLog({ path, maxEvents: 8_000 });
    await log.append([draft("a", "1")]);
    expect(await verifyLog(path)).toEqual({ events: 8_000, corrupt: [], missing: 0, problems: [] });
    await log.close();
  });

  test("finds every entry that is damaged, and exports the others", async () => {
    const path = await closedLog(6_000);
    const damaged = [2, 77, 78, 4_000, 6_001];
    for (const offset of damaged) await damageEntry(path, offset);
    const { corrupt, problems } = await verifyLog(path);
    const ranges = [
      [1, 2],
      [76, 78],
      [3_999, 4_000],
      [6_000, 6_001],
    ];
    expect([corrupt.map(({ after, through }) => [after.offset, through.offset]), problems]).toEqual([ranges, []]);
    const lines = await collected(exportLog(path));
    expect(lines.flatMap((line) => ("corrupt" in line ? [line.corrupt.through.offset] : []))).toEqual([
      2, 78, 4_000, 6_001,
    ]);
    expect(lines.filter((line) => "data" in line)).toHaveLength(6_001 - damaged.length);
    const copy = join(root, "salvaged");
    await importLog(copy, lines);
    expect(await verifyLog(copy)).toEqual({ events: 6_001, corrupt: [], missing: damaged.length, problems: [] });
    const log = lmdbLog({ path: copy });
    expect(await log.ends()).toMatchObject({ head: (await logInfo(path)).head });
    // Also who looks for a topic is told of the gaps, whatever the entries there had as topics.
    const { evictedThrough } = await log.ends();
    const page = await log.read(evictedThrough, topicFilter(["none"]), { entries: 10, bytes: 1_000 });
    expect(page.reset ? [] : page.corrupt.map(({ after, through }) => [after.offset, through.offset])).toEqual(ranges);
    await log.append([draft("all", "on")]);
    await log.close();
    expect(await verifyLog(copy)).toEqual({ events: 6_002, corrupt: [], missing: damaged.length, problems: [] });
    const again = lmdbLog({ path: copy, maxEvents: 100, durability: "commit" });
    for (let offset = 6_003; offset <= 6_004; offset++) await again.append([draft("all", "on")]);
    await expect.poll(async () => (await again.ends()).evictedThrough.offset).toBe(5_904);
    await again.close();
    expect(await verifyLog(copy)).toEqual({ events: 100, corrupt: [], missing: 1, problems: [] });
  });

  test("does not import an export that was cut, says what is missing, and leaves nothing", async () => {
    const lines = await collected(exportLog(await closedLog(1_000)));
    const path = join(root, "cut");
    const cut = importLog(path, lines.slice(0, -10));
    await expect(cut).rejects.toMatchObject({
      code: "bad-format",
      message: expect.stringContaining("992 to 1001") as string,
    });
    expect(existsSync(path)).toBe(false);
    await mkdir(path);
    const torn = importLog(path, [...lines.slice(0, 300), ...lines.slice(400)]);
    await expect(torn).rejects.toMatchObject({
      message: expect.stringContaining("events 300 to 399 are missing") as string,
    });
    expect(await readdir(path)).toEqual([]);
    expect(await importLog(path, lines)).toEqual({ events: 1_001 });
    expect((await readdir(path)).filter((name) => name !== "lock.mdb")).toEqual(["data.mdb"]);
  });

  test("is alone while it imports: a log that is opened there is refused until then", async () => {
    const lines = await collected(exportLog(await closedLog(100)));
    const path = join(root, "busy");
    let refused: unknown;
    const opened = async function* (): AsyncGenerator<unknown, void> {
      yield* lines.slice(0, 50);
      refused = await lmdbLog({ path })
        .ends()
        .catch((error: unknown) => error);
      yield* lines.slice(50);
    };
    await importLog(path, opened());
    expect(refused).toMatchObject({ code: "log-failed", message: expect.stringContaining("alone.") as string });
    expect((await logInfo(path)).events).toBe(101);
  });

  test("tells what retention took while it was exported, and imports the rest", async () => {
    const path = await closedLog(5_000);
    const log = lmdbLog({ path, maxEvents: 5_001 });
    await log.ends();
    const lines = exportLog(path);
    const read = [await lines.next(), await lines.next()].map(({ value }) => value as unknown);
    await log.append(Array.from({ length: 3_500 }, () => draft("all", "on")));
    await expect.poll(async () => (await log.ends()).evictedThrough.offset).toBe(3_500);
    for await (const line of lines) read.push(line);
    await log.close();
    const evicted = read.find((line) => "evicted" in (line as object));
    expect(evicted).toMatchObject({ evicted: { after: { offset: 1_000 }, through: { offset: 3_500 } } });
    const copy = join(root, "overtaken");
    await importLog(copy, read);
    expect(await verifyLog(copy)).toEqual({ events: 5_001, corrupt: [], missing: 2_500, problems: [] });
  });

  test("finds each of 100 flipped bits, wherever in a record they are", async () => {
    const path = await closedLog(9_000, { maxEvents: 5_000 });
    const environment = new Environment({ path, sync: false });
    const everything = { start: Buffer.of(0), end: Buffer.of(0xff) };
    const records = [...environment.all(everything)];
    const { generation, epoch } = identityOf(environment);
    const replace = async (key: Uint8Array, value: Buffer): Promise<void> => {
      // The first record has a version, which is what a commit asks for.
      if (key.length === 1 && key[0] === APPENDER_KEY[0]) {
        expect(await environment.putIf(key, value, generation, generation)).toBe(true);
        return;
      }
      expect(await environment.commit(APPENDER_KEY, generation, ({ put }) => put(key, value))).toBe(true);
    };
    const isFound = (): boolean => {
      try {
        identityOf(environment);
        const view = new View(environment, epoch);
        view.refresh();
        const { corrupt, problems } = verify(view, () => undefined);
        return corrupt.length + problems.length > 0;
      } catch {
        return true;
      }
    };
    expect(isFound()).toBe(false);
    const kinds = new Set<number | undefined>();
    for (let n = 0; n < 100; n++) {
      // Every kind of record, most of them blocks; every place in it, in turn.
      const { key, value } = records[Math.floor((n / 100) ** 3 * records.length)] ?? records[0] ?? never();
      kinds.add(key[0]);
      const flipped = Buffer.from(value);
      const place = Math.floor((n * 0.618 * value.length) % value.length);
      flipped[place] = (flipped[place] ?? 0) ^ (1 << (n % 8));
      await replace(key, flipped);
      expect([n, key[0], place, isFound()]).toEqual([n, key[0], place, true]);
      await replace(key, value);
    }
    expect(isFound()).toBe(false);
    expect(kinds.size).toBeGreaterThanOrEqual(6);
    await environment.close();
  });

  test("stops verifying when it is told to", async () => {
    const path = await closedLog(100);
    const stop = new AbortController();
    const verifying = verifyLog(path, { signal: stop.signal });
    stop.abort(new Error("enough"));
    await expect(verifying).rejects.toThrow("enough");
  });

  test("gives the disk what a log does not use any more, and changes nothing else", async () => {
    const path = await closedLog(20_000);
    const shrunk = lmdbLog({ path, maxEvents: 100 });
    await expect.poll(async () => (await shrunk.ends()).evictedThrough.offset).toBe(19_901);
    const inUse = {
      code: "log-in-use",
      message: expect.stringContaining(join(path, `open.${process.pid}.`)) as string,
    };
    await expect(compactLog(path)).rejects.toMatchObject(inUse);
    const before = await contents(shrunk);
    await shrunk.close();
    const compacting = compactLog(path);
    await expect.poll(() => readdir(path)).toContainEqual(expect.stringMatching(/^alone\./));
    // What it appended would be lost.
    const meanwhile = lmdbLog({ path });
    await expect(meanwhile.append([draft("a", "1")])).rejects.toMatchObject({ code: "log-failed" });
    await meanwhile.close();
    const { before: was, after } = await compacting;
    expect(after).toBeLessThan(was / 4);
    const again = lmdbLog({ path, maxEvents: 100 });
    expect(await contents(again)).toEqual(before);
    await again.append([draft("a", "on")]);
    await again.close();
    expect(await verifyLog(path)).toMatchObject({ corrupt: [], problems: [] });
  });

  // Elsewhere a number is all that is known of a process.
  test.runIf(process.platform === "linux")("knows a process by more than its number", async () => {
    const path = await closedLog(100);
    const parent = `open.${process.ppid}.12345-before.x`;
    await writeFile(join(path, parent), "");
    expect((await logInfo(path)).inUse).toBe(false);
    await compactLog(path);
    // The parent had not the log open; whoever left the mark had not closed it.
    await lmdbLog({ path }).close();
    expect(await readdir(path)).not.toContain(parent);
  });
});
