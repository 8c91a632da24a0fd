import { expect, test } from "vitest";

import { LMDB_LOG, type PowerCut, powerCuts } from "../../src/storage/power-cut/run.ts";
import { powerCutText } from "../../src/storage/power-cut/table.ts";

/** Another run every time: the report has the seeds. */
function cuts(durability: "fsync" | "commit", count: number): Promise<PowerCut[]> {
  const seed = Math.floor(Math.random() * 2 ** 31);
  return powerCuts({ seed, cuts: count, durability, publishers: 16, module: LMDB_LOG });
}

test("what was acknowledged as on the disk is there after a power cut, and all else is as before it", async () => {
  const made = await cuts("fsync", 6);
  process.stdout.write(`\n${powerCutText(made)}\n`);
  expect(made.flatMap(({ wrong }) => wrong)).toEqual([]);
  expect(made.every(({ acknowledged, syncs }) => acknowledged > 0 && syncs > 0)).toBe(true);
}, 120_000);

test("an acknowledgement before the sync would be noticed", async () => {
  const made = await cuts("commit", 4);
  // Each was killed with everything in the system's memory; some disks have all of it all the same.
  expect(made.flatMap(({ wrong }) => wrong).length, powerCutText(made)).toBeGreaterThan(0);
}, 120_000);
