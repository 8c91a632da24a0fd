import type { ResumeLoad } from "../plan.ts";
import type { ResumeRun } from "../resume.ts";
import { reference } from "../sides/sides.ts";
import { accountNotes } from "./account-notes.ts";
import { ratioText, type Spread, spreadOf, spreadText } from "./spread.ts";
import type { Table } from "./table.ts";

/** How long it took until the last client had everything it had missed, in milliseconds; nothing if one never had. */
export function resumedMs(side: string, runs: readonly ResumeRun[]): Spread | undefined {
  const own = runs.filter((run) => run.side === side);
  if (own.some(({ resumption }) => resumption.complete < resumption.streams)) return undefined;
  return spreadOf(own.flatMap(({ resumption }) => resumption.times ?? []).map(({ max }) => max / 1000));
}

/** The table of clients that come back at once: one row a side, with ratios to Tidings. */
export function resumeTable({ clients, missed, bytes }: ResumeLoad, runs: readonly ResumeRun[]): Table {
  const sides = [...new Set(runs.map(({ side }) => side))];
  const of = (side: string, read: (run: ResumeRun) => number | undefined): Spread | undefined =>
    spreadOf(runs.filter((run) => run.side === side).flatMap((run) => read(run) ?? []));
  return {
    title: `${clients.toLocaleString("en")} clients cut at once and back at once, each with ${missed} missed events of ${bytes} B`,
    columns: ["side", "last one complete, ms", "ratio", "half complete, ms", "server CPU, ms", "complete at least"],
    rows: sides.map((side) => [
      side,
      spreadText(resumedMs(side, runs)),
      ratioText(resumedMs(side, runs), resumedMs(reference, runs)),
      spreadText(of(side, ({ resumption }) => resumption.times && resumption.times.p50 / 1000)),
      spreadText(of(side, ({ serverCpuSeconds }) => serverCpuSeconds * 1000)),
      (of(side, ({ resumption }) => resumption.complete)?.min ?? 0).toLocaleString("en"),
    ]),
    notes: runs.flatMap(accountNotes),
  };
}
