import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { DurableResults } from "./durable/durable.ts";
import type { FanOutRun } from "./fan-out.ts";
import { chart } from "./report/chart.ts";
import type { Machine } from "./machine.ts";
import type { MemoryRun } from "./memory.ts";
import type { Plan } from "./plan.ts";
import type { ResumeRun } from "./resume.ts";

/** Everything that one run of the benchmark measured, as it is written to disk. */
export interface Results {
  /** When it began, in UTC. */
  readonly started: string;
  readonly machine: Machine;
  readonly plan: Plan;
  readonly fanOut: readonly FanOutRun[];
  readonly memory: readonly MemoryRun[];
  readonly resume: readonly ResumeRun[];
  /** Nothing where it was not measured. */
  readonly durable: DurableResults | undefined;
}

/** Where the results go when nothing else is said: `bench/results/`, named by the time at which the benchmark began. */
export function defaultResultsFile(started: string): URL {
  return new URL(`results/${started.replaceAll(":", "-")}.json`, import.meta.url);
}

/** Writes the results as JSON, and a chart of them beside it (`.svg`), in a folder that is made if need be. */
export async function writeResults(file: string, results: Results): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify(results, null, 2)}\n`);
  await writeFile(chartFile(file), chart(results));
}

/** Where the chart of these results is. */
export function chartFile(file: string): string {
  return `${file.replace(/\.json$/, "")}.svg`;
}
