import { setTimeout as pause } from "node:timers/promises";
import { type Generator, startGenerator } from "./load/generator.ts";
import type { Cores } from "./processes/cores.ts";
import type { RunningSide, Side } from "./sides/side.ts";

/** Runs something with a new server and a new load generator, and ends both after it. */
export async function withServer<Result>(
  side: Side,
  cores: Cores,
  run: (server: RunningSide, generator: Generator) => Promise<Result>,
): Promise<Result> {
  const generator = await startGenerator(cores.generator);
  try {
    const server = await side.start(cores.server);
    try {
      return await run(server, generator);
    } finally {
      await server.stop();
    }
  } finally {
    await generator.stop();
  }
}

/** Waits until the server has so many subscribers, at most 30 s. A server that cannot tell is given half a second. */
export async function untilSubscribed(server: RunningSide, count: number): Promise<void> {
  const deadline = performance.now() + 30_000;
  for (;;) {
    const subscribed = await server.subscribers();
    if (subscribed === count) return;
    if (subscribed === undefined) {
      await pause(500);
      return;
    }
    if (performance.now() > deadline) throw new Error(`The server has ${subscribed} subscribers in place of ${count}.`);
    await pause(100);
  }
}
