import { setTimeout as pause } from "node:timers/promises";

/** A full garbage collection that also gives back what V8 keeps for later. Does nothing without `--expose-gc`. */
export async function collectGarbage(): Promise<void> {
  // Twice, with a pause: what the first one frees of finalizers and of pages is given back by the second.
  for (let round = 0; round < 2; round++) {
    globalThis.gc?.({ type: "major", execution: "sync", flavor: "last-resort" });
    await pause(100);
  }
}
