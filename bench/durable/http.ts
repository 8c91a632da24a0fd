import { setTimeout as pause } from "node:timers/promises";

import type { Publication } from "../load/requests.ts";
import { SHARED } from "../processes/cores.ts";
import { usageOf, usedBetween } from "../processes/usage.ts";
import { withServer } from "../session.ts";
import { serveSide } from "../sides/tidings-serve.ts";
import type { DurablePlan } from "./plan.ts";

/** Where the events of `tidings serve` go. */
export type LogKind = "memory" | "lmdb";

/** Batches over HTTP to one of the logs, once. */
export interface HttpRun {
  readonly log: LogKind;
  readonly events: number;
  readonly seconds: number;
  readonly serverCpuSeconds: number;
}

/** Publishes batches as fast as the hub answers, 64 requests at a time, on as many cores as there are. */
export function runHttp(log: LogKind, { http }: DurablePlan, folder: string): Promise<HttpRun> {
  const side = serveSide(log, ["--log", log === "memory" ? "memory" : `lmdb:${folder}`]);
  return withServer(side, SHARED, async (server, generator) => {
    const publication = batches(http.batch, http.bytes);
    const all = async (requests: number): Promise<number> => {
      const before = await generator.look();
      const { failed } = await generator.publishAll(publication, http.bytes, requests);
      if (failed > 0) throw new Error(`${failed} batches were not taken`);
      return ((await generator.look()).micros - before.micros) / 1_000_000;
    };
    // No one subscribes; it tells the generator where the hub is.
    await generator.open(server, 0);
    await all(http.warmUp);
    await pause(100);
    const before = usageOf(server.pids);
    const seconds = await all(http.requests);
    const serverCpuSeconds = usedBetween(before, usageOf(server.pids)).cpu;
    return { log, events: http.requests * http.batch, seconds, serverCpuSeconds };
  });
}

/** A batch whose last event is the load generator's; the others are always the same. */
function batches(events: number, bytes: number): Publication {
  const lines = Array.from({ length: events - 1 }, (_, index) =>
    JSON.stringify({ topic: `topics/${index}`, event: "tick", data: "x".repeat(bytes) }),
  );
  return {
    path: "/publish",
    headers: { "Content-Type": "application/json" },
    before: `[${lines.join(",")},{"topic":"ticks","event":"tick","data":"`,
    after: '"}]',
  };
}
