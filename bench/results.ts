import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { FanOutRun } from "./fan-out.ts";
import type { Machine } from "./machine.ts";
import type { MemoryRun } from "./memory.ts";
import type { Plan } from "./plan.ts";

/** Everything that one run of the benchmark measured, as it is written to disk. */
export interface Results {
  /** When it began, in UTC. */
  readonly started: string;
  readonly machine: Machine;
  readonly plan: Plan;
  readonly fanOut: readonly FanOutRun[];
  readonly memory: readonly MemoryRun[];
}

/** Where the results go when nothing else is said: `bench/results/`, named by the time at which the benchmark began. */
export function defaultResultsFile(started: string): URL {
  return new URL(`results/${started.replaceAll(":", "-")}.json`, import.meta.url);
}

/** Writes the results as JSON, in a folder that is made if need be. */
export async function writeResults(file: string, results: Results): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify(results, null, 2)}\n`);
}
