import type { FanOutRun } from "../fan-out.ts";
import { waitedShare } from "../measure.ts";
import { type Spread, spreadOf } from "./spread.ts";

/** The repetitions of one side under one load, taken together. */
export interface FanOutSummary {
  readonly side: string;
  /** Server processor time for one delivery, in microseconds. */
  readonly cpuMicros: Spread | undefined;
  /** Deliveries a second. */
  readonly delivered: Spread | undefined;
  /** Deliveries a second that were asked for. */
  readonly offered: number;
  /** Whether every repetition delivered what was offered. */
  readonly keepsUp: boolean;
  /** From publish to receive, in milliseconds; nothing for a side that does not keep up. */
  readonly p50Ms: Spread | undefined;
  readonly p99Ms: Spread | undefined;
  /** Server processor time in percent of one core. */
  readonly serverPercent: Spread | undefined;
  readonly generatorPercent: Spread | undefined;
  /** How late the load generator was, 99 % of the time not more than this, at its worst. */
  readonly generatorDelayMs: number;
  /** How long the server, or the load generator, had to wait for a core, in percent of the time, at its worst. */
  readonly waitedPercent: number;
}

/** Deliveries a second that were asked for. */
export function offeredPerSecond({ load }: FanOutRun): number {
  return load.subscribers * load.rate;
}

/** Deliveries a second that arrived. */
export function deliveredPerSecond({ window }: FanOutRun): number {
  return window.deliveries / window.seconds;
}

/** Server processor time for one delivery, in microseconds. */
export function cpuPerDelivery({ window }: FanOutRun): number {
  return (window.serverCpuSeconds / window.deliveries) * 1_000_000;
}

/** Whether a run delivered 99 % of what was offered, or all but two events where that is less. */
function keptUp(run: FanOutRun): boolean {
  const offered = offeredPerSecond(run) * run.window.seconds;
  return offered - run.window.deliveries <= Math.max(offered * 0.01, 2 * run.load.subscribers);
}

/** Takes together the runs of one side under one load. */
function summarize(side: string, runs: readonly FanOutRun[]): FanOutSummary {
  const keepsUp = runs.every(keptUp);
  const latencies = keepsUp ? runs.flatMap(({ window }) => window.latency ?? []) : [];
  const percent = (seconds: number, { window }: FanOutRun): number => (seconds / window.seconds) * 100;
  return {
    side,
    cpuMicros: spreadOf(runs.filter(({ window }) => window.deliveries > 0).map(cpuPerDelivery)),
    delivered: spreadOf(runs.map(deliveredPerSecond)),
    offered: Math.max(0, ...runs.map(offeredPerSecond)),
    keepsUp,
    p50Ms: spreadOf(latencies.map(({ p50 }) => p50 / 1000)),
    p99Ms: spreadOf(latencies.map(({ p99 }) => p99 / 1000)),
    serverPercent: spreadOf(runs.map((run) => percent(run.window.serverCpuSeconds, run))),
    generatorPercent: spreadOf(runs.map((run) => percent(run.window.generatorCpuSeconds, run))),
    generatorDelayMs: Math.max(0, ...runs.map(({ window }) => (window.generatorDelay?.p99 ?? 0) / 1000)),
    waitedPercent: Math.max(0, ...runs.map(({ window }) => waitedShare(window) * 100)),
  };
}

/** Takes together the runs of each side under one load, in the order in which they ran. */
export function summarizeAll(runs: readonly FanOutRun[]): FanOutSummary[] {
  return [...new Set(runs.map(({ side }) => side))].map((side) =>
    summarize(
      side,
      runs.filter((run) => run.side === side),
    ),
  );
}
