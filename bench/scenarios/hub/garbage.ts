import { setTimeout as pause } from "node:timers/promises";

/** A full collection. Twice, with a pause: what the first frees of pages is given back by the second. */
export async function collectGarbage(): Promise<void> {
  for (let round = 0; round < 2; round++) {
    globalThis.gc?.({ type: "major", execution: "sync", flavor: "last-resort" });
    await pause(100);
  }
}
