import type { FanOutRun } from "../fan-out.ts";
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
  /** The load generator's, at its worst. */
  readonly generatorPercent: Spread | undefined;
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

/** Whether a run delivered 99 % of what was offered, or all but two events where that is less. */
function keptUp(run: FanOutRun): boolean {
  const offered = offeredPerSecond(run) * run.window.seconds;
  return offered - run.window.deliveries <= Math.max(offered * 0.01, 2 * run.load.subscribers);
}

/** Takes together the runs of one side under one load. */
export function summarize(side: string, runs: readonly FanOutRun[]): FanOutSummary {
  const keepsUp = runs.every(keptUp);
  const latencies = keepsUp ? runs.flatMap(({ window }) => window.latency ?? []) : [];
  return {
    side,
    cpuMicros: spreadOf(
      runs
        .filter(({ window }) => window.deliveries > 0)
        .map(({ window }) => (window.serverCpuSeconds / window.deliveries) * 1_000_000),
    ),
    delivered: spreadOf(runs.map(deliveredPerSecond)),
    offered: Math.max(0, ...runs.map(offeredPerSecond)),
    keepsUp,
    p50Ms: spreadOf(latencies.map(({ p50 }) => p50 / 1000)),
    p99Ms: spreadOf(latencies.map(({ p99 }) => p99 / 1000)),
    serverPercent: spreadOf(runs.map(({ window }) => (window.serverCpuSeconds / window.seconds) * 100)),
    generatorPercent: spreadOf(runs.map(({ window }) => (window.generatorCpuSeconds / window.seconds) * 100)),
    generatorDelayMs: Math.max(0, ...runs.map(({ window }) => window.generatorDelayP99Ms)),
    waitedPercent: Math.max(
      0,
      ...runs.map(
        ({ window }) => (Math.max(window.serverWaitedSeconds, window.generatorWaitedSeconds) / window.seconds) * 100,
      ),
    ),
  };
}
