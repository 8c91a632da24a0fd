import { parseArgs } from "node:util";

import { hunt } from "./hunt.ts";
import { MUTANTS } from "./mutants.ts";
import { failures, mutantTable } from "./table.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    runs: { type: "string", default: "400" },
    only: { type: "string", default: "" },
  },
});

const chosen = MUTANTS.filter(({ name }) => name.includes(values.only));
const hunted = await hunt(chosen, {
  seed: Number(values.seed),
  runs: Number(values.runs),
  processes: 2,
  onHunted: ({ name, outcome, runs }) =>
    process.stderr.write(`${outcome.padEnd(8)} ${String(runs).padStart(4)}  ${name}\n`),
});
process.stdout.write(`${mutantTable(hunted)}\n`);
if (failures(hunted).length > 0) process.exitCode = 1;
