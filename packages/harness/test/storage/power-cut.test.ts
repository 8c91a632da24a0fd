import { expect, test } from "vitest";

import { LMDB_LOG, type PowerCut, type PowerCutOptions, powerCuts } from "../../src/storage/power-cut/run.ts";
import { powerCutText } from "../../src/storage/power-cut/table.ts";

/** Another run every time: the report has the seeds. */
function cuts(how: Pick<PowerCutOptions, "durability" | "cuts" | "keeps">): Promise<PowerCut[]> {
  const seed = Math.floor(Math.random() * 2 ** 31);
  return powerCuts({ seed, publishers: 16, module: LMDB_LOG, ...how });
}

test("what was acknowledged as on the disk is there after a power cut, and all else is as before it", async () => {
  const made = await cuts({ durability: "fsync", cuts: 4, keeps: "some" });
  process.stdout.write(`\n${powerCutText(made)}\n`);
  expect(made.flatMap(({ wrong }) => wrong)).toEqual([]);
  expect(made.some(({ acknowledged, syncs }) => acknowledged > 0 && syncs > 0)).toBe(true);
}, 120_000);

test("an acknowledgement before the sync would be noticed", async () => {
  const made = await cuts({ durability: "commit", cuts: 1, keeps: "nothing" });
  expect(made[0]?.wrong.join("\n"), powerCutText(made)).toMatch(/was acknowledged|was followed|cannot be read/);
}, 120_000);
