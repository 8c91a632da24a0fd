import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { logContract, type Log } from "tidings/log";
import { afterAll, beforeAll, describe, test } from "vitest";
import { lmdbLog } from "../src/lmdb-log.ts";
import { damageEntry } from "./damage.ts";
import { until } from "./sharing/room.ts";

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

/** A log that appends through another one, which was opened before it. */
async function followingLog(options: { readonly maxEvents?: number }): Promise<Log> {
  const appending = lmdbLog({ ...options, path: path() });
  await until(() => appending.ready);
  const log = lmdbLog({ ...options, path: path() });
  await until(() => log.ready);
  const close = log.close.bind(log);
  log.close = async () => {
    await close();
    await appending.close();
  };
  return log;
}

describe("a log that appends through another process keeps the contract of logs: it", () => {
  const open = (options: { readonly maxEvents?: number }): Promise<Log> => {
    opened++;
    return followingLog(options);
  };
  const damage = (offset: number): Promise<void> => damageEntry(path(), offset);
  for (const { name, run } of logContract(open, { reopen: followingLog, damage })) test(name, run);
});
