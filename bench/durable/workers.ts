import { type FanOutRun, runFanOut } from "../fan-out.ts";
import { SHARED } from "../processes/cores.ts";
import { serveSide } from "../sides/tidings-serve.ts";
import type { DurablePlan } from "./plan.ts";

/** So many workers under the load, once. */
export interface WorkersRun {
  readonly workers: number;
  readonly run: FanOutRun;
}

/**
 * Delivers the same load with so many workers, on one log. They and the load generator share all cores: what the generator
 * takes is missing to the workers.
 */
export async function runWorkers(workers: number, plan: DurablePlan, folder: string): Promise<WorkersRun> {
  const side = serveSide(`workers-${workers}`, ["--log", `lmdb:${folder}`, "--workers", String(workers)]);
  const { warmUpSeconds, seconds, ...load } = plan.workers;
  const how = { warmUpSeconds, graceSeconds: 10 };
  return { workers, run: await runFanOut(side, { ...load, seconds }, how, SHARED) };
}
