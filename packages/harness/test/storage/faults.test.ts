import { afterAll, expect, test } from "vitest";

import type { FaultOutcome } from "../../src/storage/faults/fault.ts";
import { storageFaults } from "../../src/storage/faults/faults.ts";
import { faultTable } from "../../src/storage/faults/table.ts";

const rows: (FaultOutcome & { readonly name: string })[] = [];

afterAll(() => void process.stdout.write(`\n${faultTable(rows)}\n`));

test.each(storageFaults)(
  "the log withstands this: $name",
  async ({ name, run }) => {
    const outcome = await run();
    rows.push({ name, ...outcome });
    expect(Object.values(outcome).every((words) => words !== "")).toBe(true);
  },
  120_000,
);
