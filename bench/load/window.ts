import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as pause } from "node:timers/promises";
import { monotonicMicros } from "../event-data.ts";
import { cpuSeconds, waitedSeconds } from "../processes/usage.ts";
import type { Tally } from "./tally.ts";

/** What to measure. */
export interface WindowRequest {
  readonly seconds: number;
  /** The server's processes. */
  readonly pids: readonly number[];
}

/** What happened within the measured window. */
export interface Window {
  /** How long it lasted. */
  readonly seconds: number;
  readonly deliveries: number;
  readonly bytes: number;
  /** Processor time of the server's processes. */
  readonly serverCpuSeconds: number;
  /** How long the server was ready to run and had to wait for a core. */
  readonly serverWaitedSeconds: number;
  /** Processor time of the load generator. */
  readonly generatorCpuSeconds: number;
  /** How long the load generator was ready to run and had to wait for a core. */
  readonly generatorWaitedSeconds: number;
  /** How late the load generator's event loop was, 99 % of the time not more than this. */
  readonly generatorDelayP99Ms: number;
  /** From publish to receive, in microseconds; nothing where no delivery was sampled. */
  readonly latency:
    | { readonly p50: number; readonly p99: number; readonly max: number; readonly samples: number }
    | undefined;
}

/**
 * Measures for some seconds what goes on already. The server's usage is read here, in the same synchronous step as the
 * count of deliveries, so that both speak of the same time.
 */
export async function measureWindow(tally: Tally, { seconds, pids }: WindowRequest): Promise<Window> {
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  tally.latency.reset();
  const before = snapshot(tally, pids);
  await pause(seconds * 1000);
  const after = snapshot(tally, pids);
  delay.disable();
  const { latency } = tally;
  return {
    seconds: (after.at - before.at) / 1_000_000,
    deliveries: after.deliveries - before.deliveries,
    bytes: after.bytes - before.bytes,
    serverCpuSeconds: after.server - before.server,
    serverWaitedSeconds: after.serverWaited - before.serverWaited,
    generatorCpuSeconds: (after.generator - before.generator) / 1_000_000,
    generatorWaitedSeconds: after.generatorWaited - before.generatorWaited,
    generatorDelayP99Ms: delay.percentile(99) / 1_000_000,
    latency:
      latency.count === 0
        ? undefined
        : { p50: latency.percentile(50), p99: latency.percentile(99), max: latency.max, samples: latency.count },
  };
}

interface Snapshot {
  readonly at: number;
  readonly deliveries: number;
  readonly bytes: number;
  readonly server: number;
  readonly serverWaited: number;
  readonly generator: number;
  readonly generatorWaited: number;
}

function snapshot(tally: Tally, pids: readonly number[]): Snapshot {
  const { user, system } = process.cpuUsage();
  return {
    at: monotonicMicros(),
    deliveries: tally.deliveries,
    bytes: tally.bytes,
    server: cpuSeconds(pids),
    serverWaited: waitedSeconds(pids),
    generator: user + system,
    generatorWaited: waitedSeconds([process.pid]),
  };
}
