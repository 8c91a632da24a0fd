import { existsSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { lmdbLog, type LmdbLogOptions } from "../src/index.ts";
import { Environment } from "../src/store/environment.ts";
import { makeLog } from "../src/store/new-log.ts";

/** No process has this number. */
const NOBODY = 2 ** 30;

let root = "";
let path = "";

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "tidings-new-"));
  path = join(root, "log");
});

afterEach(() => rm(root, { recursive: true, force: true }));

/** The head of a log, which is closed again. */
async function headOf(options: LmdbLogOptions): Promise<number> {
  const log = lmdbLog(options);
  try {
    return (await log.ends()).head.offset;
  } finally {
    await log.close();
  }
}

describe("a log that is made", () => {
  test("is whole as soon as it is there: who is killed then leaves one that opens", async () => {
    const log = lmdbLog({ path });
    const file = join(path, "data.mdb");
    while (!existsSync(file)) await new Promise((resolve) => setImmediate(resolve));
    const left = join(root, "left");
    await mkdir(left);
    await copyFile(file, join(left, "data.mdb"));
    await writeFile(join(left, `open.${NOBODY}.x`), "");
    await log.close();
    expect(await headOf({ path: left })).toBe(0);
  });

  test("is made anew where one was killed before, and nothing of that is left", async () => {
    const begun = join(path, "making.x");
    await mkdir(begun, { recursive: true });
    await writeFile(join(begun, "data.mdb"), "half a pa");
    await writeFile(join(path, `open.${NOBODY}.x`), "");
    expect(await headOf({ path })).toBe(0);
    expect((await readdir(path)).filter((name) => name.startsWith("making"))).toEqual([]);
  });

  test("is one, however many make it at once", async () => {
    await Promise.all(Array.from({ length: 8 }, () => makeLog(path, { random: Math.random })));
    expect(await readdir(path)).toEqual(["data.mdb"]);
    expect(await headOf({ path })).toBe(0);
  });

  test("is never made in place of one that is there without its first record", async () => {
    const environment = new Environment({ path, sync: false });
    await environment.close();
    await expect(headOf({ path })).rejects.toMatchObject({
      code: "log-failed",
      message: expect.stringContaining("The log's first record is damaged, or missing") as string,
    });
  });
});
