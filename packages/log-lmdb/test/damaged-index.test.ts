import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { topicFilter, type Draft } from "tidings/log";
import { afterEach, beforeEach, expect, test } from "vitest";
import { lmdbLog } from "../src/index.ts";
import { Environment } from "../src/store/environment.ts";
import { identityOf } from "../src/store/identity.ts";
import { APPENDER_KEY, topicKey } from "../src/store/keys.ts";

let path = "";

beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), "tidings-damaged-"));
});

afterEach(() => rm(path, { recursive: true, force: true }));

function draft(topic: string, data: string): Draft {
  return { topics: [topic], event: undefined, data, key: undefined, private: true, audience: undefined };
}

/** Flips a bit in the list of a topic's places, in the first chunk of the index. */
async function damageList(topic: string): Promise<void> {
  const environment = new Environment({ path, sync: false });
  const key = topicKey(topic, 1);
  const stored = environment.get(key)?.subarray(0, environment.lastSize) ?? [];
  const value = Buffer.from(Uint8Array.from(stored).buffer);
  value[value.length - 1] = (value.at(-1) ?? 0) ^ 1;
  const { generation } = identityOf(environment);
  expect(await environment.commit(APPENDER_KEY, generation, ({ put }) => put(key, value))).toBe(true);
  await environment.close();
}

test("the newest of a topic whose list is damaged are its own, and none of another topic", async () => {
  let log = lmdbLog({ path, durability: "commit" });
  const drafts = Array.from({ length: 5_000 }, (_, n) => draft(n % 1_000 === 100 ? "one" : "another", `${n}`));
  await log.append(drafts);
  await log.append([draft("another", "last")]);
  await log.close();
  await damageList("one");
  log = lmdbLog({ path, durability: "commit" });
  const { head } = await log.ends();
  const newest = async (n: number): Promise<string[]> =>
    (await log.latest(topicFilter(["one"]), n, head)).map(({ data }) => data);
  expect(await newest(2)).toEqual(["3100", "4100"]);
  expect(await newest(9)).toEqual(["100", "1100", "2100", "3100", "4100"]);
  await log.close();
});
