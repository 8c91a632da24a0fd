import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { logContract } from "tidings/log";
import { afterAll, beforeAll, describe, test } from "vitest";
import { lmdbLog } from "../src/lmdb-log.ts";
import { damageEntry } from "./damage.ts";

let folder = "";
let opened = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tidings-log-"));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** The folder of the log that was opened last. */
function path(): string {
  return join(folder, `${opened}`);
}

describe("the log on disk keeps the contract of logs: it", () => {
  const cases = logContract(
    (options) => {
      opened++;
      return lmdbLog({ ...options, path: path() });
    },
    {
      reopen: (options) => lmdbLog({ ...options, path: path() }),
      damage: (offset) => damageEntry(path(), offset),
    },
  );
  for (const { name, run } of cases) test(name, run);
});
