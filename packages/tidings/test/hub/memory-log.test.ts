import { describe, expect, test } from "vitest";
import { logContract } from "../../src/hub/log/contract.ts";
import type { Draft, Log } from "../../src/hub/log/log.ts";
import { memoryLog } from "../../src/hub/log/memory-log.ts";
import { topicFilter } from "../../src/hub/topic-filter.ts";

describe("the memory log keeps the contract of logs: it", () => {
  for (const { name, run } of logContract((options) => memoryLog(options))) test(name, run);
});

function draft(topic: string, data: string, key?: { id: string; payload: string }): Draft {
  return { topics: [topic], event: undefined, data, key, private: false, audience: undefined };
}

async function newest(log: Log, topic: string): Promise<string[]> {
  return (await log.latest(topicFilter([topic]), 1, (await log.ends()).head)).map(({ data }) => data);
}

/** A clock that goes when it is told to. */
function clock(): { now(): number; elapsed(): number; random(): number; at: number } {
  const runtime = { at: 0, now: () => 1_700_000_000_000 + runtime.at, elapsed: () => runtime.at, random: Math.random };
  return runtime;
}

describe("the memory log's retention", () => {
  test("lets go what is older than its age, and a cursor at its head is still good when all is gone", async () => {
    const runtime = clock();
    const log = memoryLog({ maxAge: "1m", runtime });
    const [answer] = await log.append([draft("a", "1")]);
    runtime.at = 60_001;
    const { head, evictedThrough } = await log.ends();
    expect(evictedThrough).toEqual(head);
    const found = await log.read(answer?.position ?? head, topicFilter(["a"]), { entries: 10, bytes: 1000 });
    expect(found).toMatchObject({ entries: [], through: head });
  });

  test("is not misled by a wall clock that is set back", async () => {
    const runtime = clock();
    const log = memoryLog({ maxAge: "1m", runtime: { ...runtime, elapsed: () => runtime.at, now: () => -runtime.at } });
    await log.append([draft("a", "1")]);
    runtime.at = 30_000;
    expect((await log.ends()).evictedThrough.offset).toBe(0);
    runtime.at = 60_001;
    expect((await log.ends()).evictedThrough.offset).toBe(1);
  });

  test("is bounded in bytes", async () => {
    const log = memoryLog({ maxBytes: 100_000 });
    for (let index = 0; index < 50; index++) await log.append([draft("a", "x".repeat(10_000))]);
    const { head, evictedThrough } = await log.ends();
    expect(head.offset).toBe(50);
    expect(head.offset - evictedThrough.offset).toBeLessThanOrEqual(4);
    expect(head.offset - evictedThrough.offset).toBeGreaterThanOrEqual(3);
  });

  test("keeps the newest of so many quiet topics, and drops the longest unpublished first", async () => {
    const log = memoryLog({ maxEvents: 1, maxTopics: 2 });
    for (const topic of ["a", "b", "a", "c", "busy"]) await log.append([draft(topic, topic)]);
    expect([await newest(log, "a"), await newest(log, "b"), await newest(log, "c")]).toEqual([["a"], [], ["c"]]);
  });

  test("keeps nothing beyond itself of the hub's own topics, which are very many", async () => {
    const log = memoryLog({ maxEvents: 1, maxTopics: 2 });
    for (const topic of ["a", "$hub/streams/1", "$hub/streams/2", "busy"]) await log.append([draft(topic, topic)]);
    expect(await newest(log, "a")).toEqual(["a"]);
  });

  test("forgets a key after the dedupe window, and the oldest of too many", async () => {
    const runtime = clock();
    const log = memoryLog({ dedupeWindow: "5m", maxKeys: 2, runtime });
    const publish = async (id: string): Promise<boolean | undefined> =>
      (await log.append([draft("a", "1", { id, payload: "p" })]))[0]?.duplicate;
    expect([await publish("k"), await publish("k")]).toEqual([false, true]);
    runtime.at = 300_001;
    expect(await publish("k")).toBe(false);
    expect([await publish("l"), await publish("m"), await publish("l"), await publish("k")]).toEqual([
      false,
      false,
      true,
      false,
    ]);
  });
});
