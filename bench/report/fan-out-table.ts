import type { FanOutRun } from "../fan-out.ts";
import { disturbedFrom } from "../measure.ts";
import type { FanOutLoad } from "../plan.ts";
import { reference } from "../sides/sides.ts";
import { type FanOutSummary, summarizeAll } from "./fan-out-summary.ts";
import { accountNotes } from "./account-notes.ts";
import { ratioText, spreadText } from "./spread.ts";
import type { Table } from "./table.ts";

// Beyond these the load generator may be what is slow, and not the server.
const generatorPercentLimit = 90;
const generatorDelayLimitMs = 50;

/** The table of one load: one row a side, with ratios to Tidings. */
export function fanOutTable(load: FanOutLoad, runs: readonly FanOutRun[]): Table {
  const summaries = summarizeAll(runs);
  const tidings = summaries.find(({ side }) => side === reference);
  const { subscribers, rate, bytes } = load;
  return {
    title: `${subscribers.toLocaleString("en")} subscribers × ${rate.toLocaleString("en")} events/s of ${bytes} B (${(subscribers * rate).toLocaleString("en")} deliveries/s offered)`,
    columns: [
      "side",
      "CPU per delivery, µs",
      "ratio",
      "delivered/s",
      "keeps up",
      "p50, ms",
      "p99, ms",
      "p99 ratio",
      "server, % of a core",
      "generator, %",
    ],
    rows: summaries.map((summary) => [
      summary.side,
      spreadText(summary.cpuMicros),
      ratioText(summary.cpuMicros, tidings?.cpuMicros),
      spreadText(summary.delivered),
      keepsUpText(summary),
      spreadText(summary.p50Ms),
      spreadText(summary.p99Ms),
      ratioText(summary.p99Ms, tidings?.p99Ms),
      spreadText(summary.serverPercent),
      spreadText(summary.generatorPercent),
    ]),
    notes: [...summaries.flatMap(conditionNotes), ...runs.flatMap(accountNotes)],
  };
}

function keepsUpText({ keepsUp, delivered, offered }: FanOutSummary): string {
  if (keepsUp) return "yes";
  return `no, ${Math.floor(((delivered?.min ?? 0) / offered) * 100)} %`;
}

function conditionNotes({ side, generatorPercent, generatorDelayMs, waitedPercent }: FanOutSummary): string[] {
  const notes = [];
  const percent = generatorPercent?.max ?? 0;
  if (percent > generatorPercentLimit) {
    notes.push(
      `${side}: the load generator was at its limit (${Math.round(percent)} % of a core); the server may do better.`,
    );
  }
  if (generatorDelayMs > generatorDelayLimitMs) {
    notes.push(`${side}: the load generator was up to ${Math.round(generatorDelayMs)} ms late (p99).`);
  }
  if (waitedPercent > disturbedFrom * 100) {
    notes.push(
      `${side}: other programs had its cores for up to ${Math.round(waitedPercent)} % of the time; measure again.`,
    );
  }
  return notes;
}
