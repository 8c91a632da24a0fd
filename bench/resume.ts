import { setTimeout as pause } from "node:timers/promises";
import type { Account, Resumption } from "./load/generator.ts";
import type { Plan } from "./plan.ts";
import type { Cores } from "./processes/cores.ts";
import { usageOf, usedBetween } from "./processes/usage.ts";
import { untilSubscribed, withServer } from "./session.ts";
import type { Side } from "./sides/side.ts";

/** One side whose clients came back, once. */
export interface ResumeRun {
  readonly side: string;
  readonly resumption: Resumption;
  /** Processor time of the server from the first client's return to the last one complete. */
  readonly serverCpuSeconds: number;
  readonly generatorCpuSeconds: number;
  readonly account: Account;
}

/**
 * Cuts every client at once, publishes what they miss, and lets them come back at once, each with its last event id. The
 * first round is there for compilers to settle; the second one is measured.
 */
export function runResume(side: Side, { resume, settleSeconds }: Plan, cores: Cores): Promise<ResumeRun> {
  const { clients, missed, bytes, timeoutSeconds } = resume;
  return withServer(side, cores, async (server, generator) => {
    const goAwayAndReturn = async (): Promise<Omit<ResumeRun, "side" | "account">> => {
      await generator.cut();
      await untilSubscribed(server, 0);
      await generator.publishAll(server.publication, bytes, missed);
      await pause(settleSeconds * 1000);
      const before = { server: usageOf(server.pids), generator: usageOf([generator.pid]) };
      const resumption = await generator.resume(timeoutSeconds * 1000);
      return {
        resumption,
        serverCpuSeconds: usedBetween(before.server, usageOf(server.pids)).cpu,
        generatorCpuSeconds: usedBetween(before.generator, usageOf([generator.pid])).cpu,
      };
    };
    await generator.open(server, clients);
    await untilSubscribed(server, clients);
    // Each client has an event to come back with, on sides whose streams do not open with an id.
    await generator.publishAll(server.publication, bytes, 1);
    await generator.account(timeoutSeconds * 1000);
    await goAwayAndReturn();
    await untilSubscribed(server, clients);
    const measured = await goAwayAndReturn();
    return { side: side.name, ...measured, account: await generator.account(0) };
  });
}
