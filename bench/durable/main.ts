import { constants } from "node:os";
import { parseArgs } from "node:util";

import { describeMachine, machineLines } from "../machine.ts";
import { SHARED } from "../processes/cores.ts";
import { stopAllPrograms } from "../processes/program.ts";
import { outcomes } from "../report/goals.ts";
import { goalsTable } from "../report/goals-table.ts";
import { tableText } from "../report/table.ts";
import { type DurablePart, durableParts, runDurable } from "./durable.ts";
import { fullDurablePlan, quickDurablePlan } from "./plan.ts";
import { durableTables } from "./tables.ts";

const usage = `node bench/durable/main.ts [options]       (after npm run build; also a part of npm run bench)

  --only <parts>       only these, separated by commas: ${durableParts.join(", ")}
  --repetitions <n>    how often everything is repeated (default ${fullDurablePlan.repetitions})
  --quick              a few seconds in all, to see that it works; the numbers mean nothing
  --markdown           print the tables as Markdown

The disk that is measured is that of the temporary folder; TMPDIR names another one.`;

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    stopAllPrograms();
    process.exit(128 + constants.signals[signal]);
  });
}

const { values } = parseArgs({
  options: {
    only: { type: "string", default: durableParts.join(",") },
    repetitions: { type: "string" },
    quick: { type: "boolean", default: false },
    markdown: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
const parts = values.only.split(",").filter((name): name is DurablePart => durableParts.some((part) => part === name));
if (values.help || parts.length < values.only.split(",").length) {
  process.stdout.write(`${usage}\n`);
  process.exit(values.help ? 0 : 2);
}
const plan = values.quick ? quickDurablePlan : fullDurablePlan;
const repetitions = Number(values.repetitions ?? plan.repetitions);
try {
  const machine = machineLines(await describeMachine(SHARED));
  const results = await runDurable({ ...plan, repetitions }, parts, (line) => process.stderr.write(`${line}\n`));
  const tables = [
    ...durableTables(results),
    goalsTable(outcomes({ fanOut: [], memory: [], resume: [], durable: results })),
  ].map((table) => tableText(table, values.markdown ? "markdown" : "text"));
  process.stdout.write(`${[machine.join("\n"), ...tables].join("\n\n")}\n`);
} catch (error) {
  stopAllPrograms();
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 1;
}
