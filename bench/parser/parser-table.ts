import { spreadOf, spreadText, threeDigits } from "../report/spread.ts";
import type { Table } from "../report/table.ts";
import type { ParserRun } from "./measure.ts";

/** One row a stream: what both sides took for a KiB, and how often ours reads it while theirs does once. */
export function parserTable(runs: readonly ParserRun[]): Table {
  return {
    title: "Processor time to read an event stream from bytes, ns a KiB: median (middle half)",
    columns: ["stream", "B an event", "tidings/wire", "eventsource-parser", "times as fast"],
    rows: runs.map(({ fixture, bytes, events, ours, theirs }) => [
      fixture,
      events === 0 ? "–" : threeDigits(bytes / events),
      middle(ours),
      middle(theirs),
      middle(ours.map((own, round) => (theirs[round] ?? NaN) / own)),
    ]),
    notes: [],
  };
}

/** Without the quarters at both ends, which tell of what else the machine did. */
function middle(values: readonly number[]): string {
  const quarter = Math.floor(values.length / 4);
  return spreadText(spreadOf(values.toSorted((a, b) => a - b).slice(quarter, values.length - quarter)));
}
