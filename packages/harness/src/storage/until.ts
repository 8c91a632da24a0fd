import { setTimeout as pause } from "node:timers/promises";

/** So long something may take, in milliseconds. */
export const PATIENCE_MS = 20_000;

/** Waits for a condition. */
export async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`Not within ${PATIENCE_MS} ms: ${what}`);
    await pause(10);
  }
}
