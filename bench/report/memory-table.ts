import type { MemoryRun } from "../memory.ts";
import type { Plan } from "../plan.ts";
import { reference } from "../sides/sides.ts";
import { ratioText, type Spread, spreadOf, spreadText } from "./spread.ts";
import type { Table } from "./table.ts";

/** What one more connection costs on a side, in kB. */
export function memoryCost(runs: readonly MemoryRun[], side: string, collected: boolean): Spread | undefined {
  const own = runs.filter((run) => run.side === side && run.collected === collected);
  return spreadOf(own.map(({ bytesPerConnection }) => bytesPerConnection / 1000));
}

/** The table of memory per idle connection: one row a side, with ratios to Tidings. */
export function memoryTable({ few, many }: Plan["idle"], runs: readonly MemoryRun[]): Table {
  const cost = (side: string, collected: boolean): Spread | undefined => memoryCost(runs, side, collected);
  return {
    title: `Resident memory of an idle connection, kB (slope between ${few.toLocaleString("en")} and ${many.toLocaleString("en")})`,
    columns: ["side", "as it stands", "ratio", "after a full collection", "ratio"],
    rows: [...new Set(runs.map(({ side }) => side))].map((side) => [
      side,
      spreadText(cost(side, false)),
      ratioText(cost(side, false), cost(reference, false)),
      spreadText(cost(side, true)),
      ratioText(cost(side, true), cost(reference, true)),
    ]),
    notes: [],
  };
}
