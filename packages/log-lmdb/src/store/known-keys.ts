import { DedupeWindow } from "tidings/log";
import type { Environment } from "./environment.ts";
import { keysOf, type KnownKey } from "./leftover-keys.ts";
import { locate } from "./locate.ts";
import type { State } from "./state.ts";
import type { Retention } from "./store-settings.ts";

/** The keys of the dedupe window as the log has them: those of blocks that are gone, and of those that are there. */
export function readKnownKeys(
  environment: Environment,
  epoch: string,
  state: State,
  leftovers: readonly KnownKey[],
  now: number,
  { dedupeWindow, maxKeys }: Pick<Retention, "dedupeWindow" | "maxKeys">,
): DedupeWindow {
  // From the newest block with keys back to the one before, and so on.
  const newest: KnownKey[][] = [];
  let count = 0;
  for (let offset = state.keyed; offset > 0 && count < maxKeys;) {
    const block = locate(environment, offset, state);
    if ("hole" in block) {
      // What it was is not known; the one before it may still tell.
      offset = block.first > state.floor.offset + 1 ? block.first - 1 : 0;
      continue;
    }
    if (now - block.logTime > dedupeWindow) break;
    if (block.hasKeys) {
      const keys = keysOf(block);
      newest.push(keys);
      count += keys.length;
    }
    offset = block.keyed;
  }
  const known = new DedupeWindow(dedupeWindow, maxKeys);
  for (const { id, payload, position, since } of [...leftovers, ...newest.toReversed().flat()]) {
    known.remember({ id, payload }, { epoch, ...position }, since);
  }
  return known;
}
