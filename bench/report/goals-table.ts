import type { Goal, Outcome } from "./goals.ts";
import { threeDigits } from "./spread.ts";
import type { Table } from "./table.ts";

/** The table of the goals: what was to be reached, what was, and whether that is enough. Goals not measured are left out. */
export function goalsTable(outcomes: readonly Outcome[]): Table {
  return {
    title: "Speed to reach",
    columns: ["work", "side", "goal", "measured", "met"],
    rows: outcomes.flatMap(({ goal, value }) =>
      value === undefined
        ? []
        : [[goal.work, goal.side, goalText(goal), measuredText(value, goal), isMet(value, goal) ? "yes" : "NO"]],
    ),
    notes: [],
  };
}

function isMet(value: number, { most = Infinity, least = 0 }: Goal): boolean {
  return value >= least && value <= most;
}

function measuredText(value: number, goal: Goal): string {
  if (value === 0) return `${goal.peer} does not keep up`;
  return Number.isFinite(value) ? amount(value, goal) : "does not keep up";
}

function goalText(goal: Goal): string {
  const bound = goal.least === undefined ? `≤ ${amount(goal.most ?? Infinity, goal)}` : `≥ ${amount(goal.least, goal)}`;
  return goal.peer === undefined ? bound : `${bound} ${goal.peer}`;
}

function amount(value: number, { unit = "×" }: Goal): string {
  return `${threeDigits(value)} ${unit}`;
}
