import { mkdtemp, open, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { lmdbLog, verifyLog } from "../src/index.ts";
import { damageEntry } from "./damage.ts";

const PAGE = 4_096;
/** No process has this number. */
const NOBODY = 2 ** 30;

let path = "";

beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), "tidings-damaged-"));
  const log = lmdbLog({ path, durability: "commit" });
  for (let n = 0; n < 20; n++) {
    const data = "x".repeat(3_000);
    await log.append([{ topics: ["a"], event: undefined, data, key: undefined, private: false, audience: undefined }]);
  }
  await log.close();
});

afterEach(() => rm(path, { recursive: true, force: true }));

/** A process that had the log open was killed. */
function leaveMark(): Promise<void> {
  return writeFile(join(path, `open.${NOBODY}.x`), "");
}

/** Writes over everything but what says where everything is. */
async function ruin(): Promise<void> {
  const file = await open(join(path, "data.mdb"), "r+");
  const { size } = await file.stat();
  await file.write(Buffer.alloc(size - 2 * PAGE, 0xff), 0, size - 2 * PAGE, 2 * PAGE);
  await file.close();
}

async function marks(): Promise<string[]> {
  return (await readdir(path)).filter((name) => name.startsWith("open."));
}

describe("a log that was not closed in order", () => {
  test("is opened when its newest entries can be read, and its mark goes", async () => {
    await leaveMark();
    const log = lmdbLog({ path });
    expect((await log.ends()).head.offset).toBe(20);
    expect(await marks()).toEqual([expect.stringContaining(`.${process.pid}.`)]);
    await log.close();
    expect(await marks()).toEqual([]);
  });

  test("is opened with a damaged entry, which is told", async () => {
    await damageEntry(path, 20);
    await leaveMark();
    const told: object[] = [];
    const error = (fields: object): void => void told.push(fields);
    const log = lmdbLog({ path, logger: { debug: error, info: error, warn: error, error } });
    expect((await log.ends()).head.offset).toBe(20);
    expect(told).toEqual([{ path, damaged: 1 }]);
    await log.close();
  });

  test("is refused when its structure is damaged, by a process that lives on, and loses nothing more", async () => {
    await ruin();
    await leaveMark();
    const before = await readFile(join(path, "data.mdb"));
    for (let start = 0; start < 2; start++) {
      const log = lmdbLog({ path });
      await expect(log.ends()).rejects.toMatchObject({
        code: "log-failed",
        message: expect.stringContaining(`tidings log verify ${path}`) as string,
      });
      expect(log.ready).toBe(false);
      await log.close();
    }
    expect(await readFile(join(path, "data.mdb"))).toEqual(before);
    const { problems } = await verifyLog(path);
    expect(problems).toEqual([expect.stringContaining("The structure is damaged")]);
  });
});
