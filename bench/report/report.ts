import { machineLines } from "../machine.ts";
import type { Results } from "../results.ts";
import { fanOutTable } from "./fan-out-table.ts";
import { memoryTable } from "./memory-table.ts";
import { type Format, tableText } from "./table.ts";

/** Writes the whole report: the machine, a table for each load, and the table of memory. */
export function reportText({ started, machine, plan, fanOut, memory }: Results, format: Format): string {
  const tables = plan.loads
    .map((load) =>
      fanOutTable(
        load,
        fanOut.filter((run) => isSame(run.load, load)),
      ),
    )
    .filter(({ rows }) => rows.length > 0);
  if (memory.length > 0) tables.push(memoryTable(plan.idle, memory));
  const repetitions =
    plan.repetitions === 1 ? "Measured once" : `Medians of ${plan.repetitions} repetitions, with their range`;
  const lines = [
    ...machineLines(machine),
    `${repetitions}; windows of ${plan.seconds} s. Ratios are to Tidings. Begun at ${started}.`,
  ];
  const head = format === "markdown" ? lines.map((line) => `- ${line}`) : lines;
  return [head.join("\n"), ...tables.map((table) => tableText(table, format))].join("\n\n");
}

function isSame(a: Results["plan"]["loads"][number], b: Results["plan"]["loads"][number]): boolean {
  return a.subscribers === b.subscribers && a.rate === b.rate && a.bytes === b.bytes;
}
