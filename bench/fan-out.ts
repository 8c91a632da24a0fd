import { setTimeout as pause } from "node:timers/promises";
import type { Account, LoadCalls } from "./load/main.ts";
import type { Window } from "./load/window.ts";
import type { FanOutLoad, Plan } from "./plan.ts";
import { startChild } from "./processes/child.ts";
import type { Cores } from "./processes/cores.ts";
import type { Published, RunningSide, Side } from "./sides/side.ts";

/** The load generator's program. */
export const loadProgram: URL = new URL("load/main.ts", import.meta.url);

/** One side under one load, once. */
export interface FanOutRun {
  readonly side: string;
  readonly load: FanOutLoad;
  readonly window: Window;
  readonly published: Published;
  readonly account: Account;
}

/** Starts a side and a load generator, lets them settle, measures, and ends both. */
export async function runFanOut(side: Side, load: FanOutLoad, plan: Plan, cores: Cores): Promise<FanOutRun> {
  const generator = startChild<LoadCalls>(loadProgram, [], cores.generator);
  try {
    const server = await side.start(cores.server);
    try {
      const { port, path, pids } = server;
      await generator.call("open", { port, path, count: load.subscribers });
      await untilSubscribed(server, load.subscribers);
      await server.publish(load);
      await pause(plan.warmUpSeconds * 1000);
      const { seconds } = plan;
      const window = await generator.call("measure", { seconds, pids }, seconds * 1000 + 30_000);
      const published = await server.stopPublishing();
      const timeoutMs = plan.graceSeconds * 1000;
      const account = await generator.call("account", { events: published.events, timeoutMs }, timeoutMs + 30_000);
      await generator.call("close", undefined);
      return { side: side.name, load, window, published, account };
    } finally {
      await server.stop();
    }
  } finally {
    await generator.stop();
  }
}

/** Waits until the server knows all its subscribers, at most 30 s. */
export async function untilSubscribed(server: RunningSide, count: number): Promise<void> {
  const deadline = performance.now() + 30_000;
  for (;;) {
    const subscribed = await server.subscribers();
    if (subscribed === undefined || subscribed === count) return;
    if (performance.now() > deadline) throw new Error(`The server has ${subscribed} subscribers in place of ${count}.`);
    await pause(20);
  }
}
