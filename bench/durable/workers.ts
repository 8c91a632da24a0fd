import { type FanOutRun, runFanOut } from "../fan-out.ts";
import type { Cores } from "../processes/cores.ts";
import { serveSide } from "../sides/tidings-serve.ts";
import type { DurablePlan } from "./plan.ts";

/** So many workers under the load, once. */
export interface WorkersRun {
  readonly workers: number;
  readonly run: FanOutRun;
}

/** The server and the load generator share both cores: what the generator takes is missing to the workers. */
const SHARED: Cores = { server: undefined, generator: undefined };

/** Delivers the same load with so many workers, on one log. */
export async function runWorkers(workers: number, plan: DurablePlan, folder: string): Promise<WorkersRun> {
  const side = serveSide(`workers-${workers}`, ["--log", `lmdb:${folder}`, "--workers", String(workers)]);
  const { warmUpSeconds, seconds, ...load } = plan.workers;
  const how = { warmUpSeconds, graceSeconds: 10 };
  return { workers, run: await runFanOut(side, { ...load, seconds }, how, SHARED) };
}
