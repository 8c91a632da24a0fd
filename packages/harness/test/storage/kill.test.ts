import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect, onTestFinished, test } from "vitest";

import type { Verdict } from "../../src/checker/check.ts";
import { killRuns } from "../../src/storage/kill/run.ts";
import { killText } from "../../src/storage/kill/table.ts";

async function runs(kills: number, sabotage: boolean): Promise<Verdict> {
  const folder = await mkdtemp(join(tmpdir(), "tidings-kill-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const seed = Math.floor(Math.random() * 2 ** 31);
  return killRuns({ seed, kills, publishers: 32, subscribers: 24, folder, sabotage });
}

test("a hub that is killed again and again has all that it acknowledged, once, and its subscribers too", async () => {
  const verdict = await runs(3, false);
  process.stdout.write(`\n${killText([verdict])}\n`);
  expect(verdict.violations).toEqual([]);
  expect(verdict.received.resets).toBe(0);
  expect(verdict.published.acknowledged).toBeGreaterThan(50);
}, 120_000);

test("a log that goes back to what it was at the kill before is noticed", async () => {
  const { violations } = await runs(2, true);
  expect(violations.map(({ invariant }) => invariant)).toContain("I7");
}, 120_000);
