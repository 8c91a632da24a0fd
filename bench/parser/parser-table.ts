import { spreadOf, spreadText, threeDigits } from "../report/spread.ts";
import type { Table } from "../report/table.ts";
import type { ParserRun } from "./measure.ts";

/** One row a stream: what both sides took for a KiB, and how often ours reads it while theirs does once. */
export function parserTable(runs: readonly ParserRun[]): Table {
  return {
    title: "Processor time to read an event stream from bytes, ns a KiB: median (range)",
    columns: ["stream", "B an event", "tidings/wire", "eventsource-parser", "times as fast"],
    rows: runs.map(({ fixture, bytes, events, ours, theirs }) => [
      fixture,
      events === 0 ? "–" : threeDigits(bytes / events),
      spreadText(spreadOf(ours)),
      spreadText(spreadOf(theirs)),
      spreadText(spreadOf(ours.map((own, round) => (theirs[round] ?? NaN) / own))),
    ]),
    notes: [],
  };
}
