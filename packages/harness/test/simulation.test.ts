import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { describe, expect, onTestFinished, test } from "vitest";

import { runProgram } from "./process.ts";

const RUNS = 1_500;

async function temporary(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "tidings-harness-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

describe("the engine", () => {
  test(`keeps its contract under ${RUNS} random schedules`, { timeout: 240_000 }, async () => {
    // Always the same, so that what fails here was changed here. SEED=… runs one of them again.
    const args = process.env["SEED"] === undefined ? ["--seed", "1", "--runs", String(RUNS)] : [];
    const { code, output } = await runProgram("simulation/main.ts", ...args);
    expect(code, output).toBe(0);
    if (args.length === 0) return;
    // The schedules reach what they are for.
    const totals = JSON.parse(output.split("\n")[0] ?? "") as Record<string, number>;
    expect(totals["runs"]).toBe(RUNS);
    expect(totals["acknowledged"]).toBeGreaterThan(20 * RUNS);
    expect(totals["duplicates"]).toBeGreaterThan(RUNS / 2);
    expect(totals["delivered"]).toBeGreaterThan(20 * RUNS);
    expect(totals["snapshots"]).toBeGreaterThan(RUNS);
    expect(totals["resets"]).toBeGreaterThan(RUNS / 4);
    expect(totals["evicted"]).toBeGreaterThan(RUNS / 4);
    expect(totals["skipped"]).toBeGreaterThan(RUNS / 8);
    expect(totals["changes"]).toBeGreaterThan(2 * RUNS);
  });
});

describe("a simulation", () => {
  test("of one seed is the same every time, and its logs can be verified", async () => {
    const [one, other] = [await temporary(), await temporary()];
    await runProgram("simulation/main.ts", "--seed", "12", "--logs", one);
    await runProgram("simulation/main.ts", "--seed", "12", "--logs", other);
    for (const name of ["run", "log", "publishers", "subscribers", "faults"]) {
      const [first, second] = await Promise.all(
        [one, other].map((folder) => readFile(join(folder, `${name}.ndjson`), "utf8")),
      );
      expect(first).not.toBe("");
      expect(second).toBe(first);
    }
    const { code, output } = await runProgram("verify.ts", one);
    expect([code, output]).toEqual([0, expect.stringContaining("seed        12")]);
  });
});

describe("npm run verify", () => {
  test("says what was violated, and of what is no log that it is none", async () => {
    const folder = await temporary();
    await runProgram("simulation/main.ts", "--seed", "13", "--logs", folder);
    const { writeFile } = await import("node:fs/promises");
    const file = join(folder, "subscribers.ndjson");
    const lines = (await readFile(file, "utf8")).split("\n");
    const event = lines.findIndex((line) => line.includes('"payload"') && line.includes('"id"'));
    await writeFile(file, lines.toSpliced(event, 1).join("\n"));
    const lacking = await runProgram("verify.ts", folder);
    expect([lacking.code, lacking.output]).toEqual([1, expect.stringMatching(/I6 +\d+ times/)]);
    await writeFile(file, "{ not json");
    const broken = await runProgram("verify.ts", folder);
    expect([broken.code, broken.output]).toEqual([1, expect.stringContaining("Not a record: ")]);
    expect((await runProgram("verify.ts")).code).toBe(2);
  });
});
