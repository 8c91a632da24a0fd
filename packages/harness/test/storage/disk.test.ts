import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

import { expect, onTestFinished, test } from "vitest";

import { Chance } from "../../src/chance.ts";
import { BrokenDisk } from "../../src/storage/disk/broken-disk.ts";

const run = promisify(execFile);

/** Writes a text, one step a sync or not: `w` writes, `d` writes to a descriptor of O_DSYNC, `s` syncs, `t` cuts. */
const PROGRAM = `
  const fs = require("node:fs");
  const [path, ...steps] = process.argv.slice(1);
  const plain = fs.openSync(path, "a+");
  fs.closeSync(plain);
  const file = fs.openSync(path, "r+");
  const durable = fs.openSync(path, fs.constants.O_WRONLY | fs.constants.O_DSYNC);
  for (const step of steps) {
    const [what, at, text] = step.split(":");
    try {
      if (what === "w") fs.writeSync(file, text, Number(at));
      else if (what === "d") fs.writeSync(durable, text, Number(at));
      else if (what === "s") fs.fdatasyncSync(file);
      else if (what === "t") fs.ftruncateSync(file, Number(at));
      else if (what === "now") process.stdout.write(String(Date.now()));
    } catch (error) { process.stdout.write(error.code + " "); }
  }
  process.kill(process.pid, "SIGKILL");
`;

async function disk(): Promise<BrokenDisk> {
  const made = await BrokenDisk.make();
  onTestFinished(() => made.remove());
  return made;
}

/** What a process says that takes these steps and is killed. */
async function steps(on: BrokenDisk, ...all: string[]): Promise<string> {
  const args = ["-e", PROGRAM, join(on.folder, "file"), ...all];
  const env = { ...process.env, NODE_OPTIONS: "", ...on.env };
  return run(process.execPath, args, { env }).then(
    ({ stdout }) => stdout,
    (error: unknown) => (error as { readonly stdout: string }).stdout,
  );
}

const text = (on: BrokenDisk): string => readFileSync(join(on.folder, "file"), "utf8");

test("what was synced is there after a power cut, and nothing else has to be", async () => {
  const on = await disk();
  await steps(on, "w:0:one", "w:3:two", "s", "w:6:three", "w:0:ONE");
  expect(text(on)).toBe("ONEtwothree");
  expect(on.cutPower()).toEqual({ bytes: 8, kept: 0 });
  expect(text(on)).toBe("onetwo");
});

test("a write to a descriptor with O_DSYNC is there, and those before it need not be", async () => {
  const on = await disk();
  await steps(on, "w:0:one", "s", "w:600:lost", "d:0:ONE");
  on.cutPower();
  expect(text(on)).toBe("ONE");
});

test("what was cut off and not synced is there again", async () => {
  const on = await disk();
  await steps(on, "w:0:one two", "s", "t:3");
  expect(text(on)).toBe("one");
  on.cutPower();
  expect(text(on)).toBe("one two");
});

test("a disk may have written any sector that was not synced, whole", async () => {
  const on = await disk();
  const [before, after] = ["a".repeat(4_096), "b".repeat(4_096)];
  const seen = new Set<string>();
  for (let seed = 0; seed < 12; seed++) {
    await steps(on, `w:0:${before}`, "s", `w:0:${after}`);
    const { bytes, kept } = on.cutPower(new Chance(seed));
    expect(bytes).toBe(4_096);
    const sectors = text(on).match(/.{512}/g) ?? [];
    expect(sectors.length).toBe(8);
    for (const sector of sectors) expect(["a".repeat(512), "b".repeat(512)]).toContain(sector);
    expect(kept).toBe(512 * sectors.filter((sector) => sector.startsWith("b")).length);
    seen.add(kept === 0 ? "none" : kept === 4_096 ? "all" : "some");
  }
  expect(seen).toEqual(new Set(["none", "some", "all"]));
});

test("what a failed sync was for is lost, and the next sync, which does not fail, does not bring it back", async () => {
  const on = await disk();
  await steps(on, "w:0:one", "s");
  on.troubles.failSyncs("EIO");
  expect(await steps(on, "w:0:two", "s", "d:0:two")).toBe("EIO EIO ");
  on.troubles.healSyncs();
  expect(await steps(on, "s", "w:3:three", "s")).toBe("");
  expect(text(on)).toBe("twothree");
  on.cutPower();
  expect(text(on)).toBe("onethree");
});

test("a full disk takes what there is room for, and a write inside of a file always", async () => {
  const on = await disk();
  on.troubles.room = 5;
  // What does not fit is written in part first, as a disk does; Node's next try for the rest fails.
  expect(await steps(on, "w:0:123", "w:3:456", "w:5:7", "w:0:0")).toBe("ENOSPC ");
  expect(text(on)).toBe("02345");
  on.troubles.room = 0;
  expect(await steps(on, "w:5:67")).toBe("");
  expect(text(on)).toBe("0234567");
});

test("the clock is wrong as far as it is told", async () => {
  const on = await disk();
  on.troubles.clockShift = -3_600_500;
  const told = Number(await steps(on, "now"));
  expect(Math.abs(told - (Date.now() - 3_600_500))).toBeLessThan(20_000);
});
