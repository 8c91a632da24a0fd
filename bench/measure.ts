import { setTimeout as pause } from "node:timers/promises";
import type { Durations, Generator } from "./load/generator.ts";
import { usageOf, usedBetween } from "./processes/usage.ts";
import type { RunningSide } from "./sides/side.ts";

/** What happened within the measured window. */
export interface Window {
  /** How long it lasted, in seconds. */
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
  /** How late the load generator was, in microseconds. */
  readonly generatorDelay: Durations;
  /** From publish to receive, in microseconds. */
  readonly latency: Durations;
}

/** From this share of the time on, other programs had too much of the machine. */
export const disturbedFrom = 0.1;

/** The share of the time for which the server, or the load generator, was ready to run and had to wait for a core. */
export function waitedShare({ serverWaitedSeconds, generatorWaitedSeconds, seconds }: Window): number {
  return Math.max(serverWaitedSeconds, generatorWaitedSeconds) / seconds;
}

/** Measures for some seconds what goes on already. */
export async function measureWindow(generator: Generator, server: RunningSide, seconds: number): Promise<Window> {
  const before = await snapshot(generator, server);
  await pause(seconds * 1000);
  const after = await snapshot(generator, server);
  const serverUsed = usedBetween(before.server, after.server);
  const generatorUsed = usedBetween(before.generator, after.generator);
  return {
    seconds: (after.look.micros - before.look.micros) / 1_000_000,
    deliveries: after.look.deliveries - before.look.deliveries,
    bytes: after.look.bytes - before.look.bytes,
    serverCpuSeconds: serverUsed.cpu,
    serverWaitedSeconds: serverUsed.waited,
    generatorCpuSeconds: generatorUsed.cpu,
    generatorWaitedSeconds: generatorUsed.waited,
    generatorDelay: after.look.delay,
    latency: after.look.latency,
  };
}

/** The usage is read a moment after the look, at both ends alike. */
async function snapshot(generator: Generator, server: RunningSide) {
  const look = await generator.look();
  return { look, server: usageOf(server.pids), generator: usageOf([generator.pid]) };
}
