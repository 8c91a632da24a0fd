import { mkdirSync } from "node:fs";
import { join } from "node:path";

import { startChild } from "../processes/child.ts";
import type { LogCalls, Published } from "./log-process/main.ts";
import type { DurablePlan } from "./plan.ts";
import { writeLoop } from "./write-loop.ts";

/** What publishes: a loop in C that only writes and syncs, or the log, with idempotency keys and without. */
export type Publisher = "write-loop" | "log" | "log-keys";

/** So many publishers, once. */
export interface PublishRun {
  readonly publisher: Publisher;
  readonly inFlight: number;
  readonly published: Published;
}

const program = new URL("log-process/main.ts", import.meta.url);

/**
 * Publishes for some seconds with so many appends in flight. The loop writes them as one group, which is the most that
 * they can be. Neither is kept on one core: a log has a thread that writes.
 *
 * @param folder an empty one, on the disk that is measured
 */
export async function runPublish(
  publisher: Publisher,
  inFlight: number,
  { publish: { bytes, warmUpSeconds, seconds } }: DurablePlan,
  folder: string,
): Promise<PublishRun> {
  mkdirSync(folder, { recursive: true });
  if (publisher === "write-loop") {
    return { publisher, inFlight, published: await writeLoop(join(folder, "file"), inFlight, bytes, seconds) };
  }
  const child = startChild<LogCalls>({ program, args: [], core: undefined });
  try {
    const keys = publisher === "log-keys";
    const how = { folder, publishers: inFlight, bytes, warmUpSeconds, seconds, keys };
    return { publisher, inFlight, published: await child.call("publish", how, 120_000) };
  } finally {
    await child.stop();
  }
}
