import { expect, test } from "vitest";

import { hunt } from "../src/mutants/hunt.ts";
import { MUTANTS } from "../src/mutants/mutants.ts";
import { failures, mutantTable } from "../src/mutants/table.ts";

test(
  "the checker catches every mutant of the engine, and nothing in the engine as it is",
  { timeout: 600_000 },
  async () => {
    expect(MUTANTS.length).toBeGreaterThanOrEqual(20);
    const hunted = await hunt(MUTANTS, { seed: 1, runs: 400, processes: 2 });
    process.stdout.write(`\n${mutantTable(hunted)}\n`);
    expect(failures(hunted)).toEqual([]);
  },
);
