import { machineLines } from "../machine.ts";
import type { Results } from "../results.ts";
import { durableTables } from "../durable/tables.ts";
import { isSameLoad } from "../plan.ts";
import { fanOutTable } from "./fan-out-table.ts";
import { outcomes } from "./goals.ts";
import { goalsTable } from "./goals-table.ts";
import { memoryTable } from "./memory-table.ts";
import { resumeTable } from "./resume-table.ts";
import { type Format, tableText } from "./table.ts";

/** Writes the whole report: the machine, a table for each load, those of memory and of coming back, and the goals. */
export function reportText(results: Results, format: Format): string {
  const { started, machine, plan, fanOut, memory, resume, durable } = results;
  const tables = plan.loads
    .map((load) =>
      fanOutTable(
        load,
        fanOut.filter((run) => isSameLoad(run.load, load)),
      ),
    )
    .filter(({ rows }) => rows.length > 0);
  if (memory.length > 0) tables.push(memoryTable(plan.idle, memory));
  if (resume.length > 0) tables.push(resumeTable(plan.resume, resume));
  if (durable !== undefined) tables.push(...durableTables(durable));
  const goals = goalsTable(outcomes(results));
  if (goals.rows.length > 0) tables.push(goals);
  const repetitions =
    plan.repetitions === 1 ? "Measured once" : `Medians of ${plan.repetitions} repetitions, with their range`;
  const lines = [...machineLines(machine), `${repetitions}. Ratios are to tidings-serve. Begun at ${started}.`];
  const head = format === "markdown" ? lines.map((line) => `- ${line}`) : lines;
  return [head.join("\n"), ...tables.map((table) => tableText(table, format))].join("\n\n");
}
