import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { topicFilter, type Draft } from "tidings/log";
import { expect, onTestFinished, test } from "vitest";

import { lmdbLog } from "../src/index.ts";

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "tidings-log-"));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

function draft(data: string, more: Partial<Draft> = {}): Draft {
  return { topics: ["a"], event: undefined, data, key: undefined, private: false, audience: undefined, ...more };
}

test("a batch with something that has no room is refused as a whole, and what follows stands where it was told", async () => {
  const log = lmdbLog({ path: await folder() });
  onTestFinished(() => log.close());
  const start = (await log.ends()).head;
  const long = "n".repeat(70_000);
  const refused = [
    { event: long },
    { topics: [long] },
    { key: { id: long, payload: "p" } },
    { key: { id: "k", payload: long } },
    { topics: Array.from({ length: 70_000 }, () => "a") },
  ];
  for (const [n, more] of refused.entries()) {
    await expect(log.append([draft("before"), draft("refused", more)])).rejects.toMatchObject({
      code: expect.stringMatching(/^bad-/) as string,
    });
    const [taken] = await log.append([draft(`${n}`)]);
    expect(taken?.position.offset).toBe(n + 1);
  }
  const found = await log.read(start, topicFilter(["a"]), { entries: 100, bytes: 1_000_000 });
  expect(found).toMatchObject({ corrupt: [], entries: refused.map((_, n) => ({ offset: n + 1, data: `${n}` })) });
});

test("what is too much inside a block goes without another event", async () => {
  const path = await folder();
  const first = lmdbLog({ path });
  await first.append(Array.from({ length: 10 }, (_, n) => draft(`${n}`)));
  await first.close();
  const log = lmdbLog({ path, maxEvents: 3 });
  onTestFinished(() => log.close());
  await expect.poll(async () => (await log.ends()).evictedThrough.offset).toBe(7);
});
