import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { logContract } from "tidings/log";
import { afterAll, beforeAll, describe, test } from "vitest";
import { lmdbLog } from "../src/lmdb-log.ts";

let folder = "";
let opened = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tidings-log-"));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe("the log on disk keeps the contract of logs: it", () => {
  for (const { name, run } of logContract((options) => lmdbLog({ ...options, path: join(folder, `${opened++}`) }))) {
    test(name, run);
  }
});
