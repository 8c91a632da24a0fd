import type { DedupeWindow } from "tidings/log";
import type { Environment } from "./environment.ts";
import { Eviction } from "./eviction.ts";
import { KeptEvents } from "./kept-events.ts";
import { readKnownKeys } from "./known-keys.ts";
import { LeftoverKeys } from "./leftover-keys.ts";
import type { State } from "./state.ts";
import type { StoreSettings } from "./store-settings.ts";
import { DAMAGED, TopicTail } from "./topic-tail.ts";
import { View } from "./view.ts";

/** What the appender knows of the log, so that its commits read nothing but what they let go. */
export interface AppenderMemory {
  /** As it was committed last. */
  state: State;
  readonly keys: DedupeWindow;
  /** The topics of what the stored index does not reach, what is being committed included. */
  readonly tail: TopicTail;
  readonly kept: KeptEvents;
  readonly leftovers: LeftoverKeys;
  readonly eviction: Eviction;
  /** How many of the newest entries are damaged, of those that are not in the stored index. */
  readonly damaged: number;
}

/** Reads all of it from the store. The checksums of the newest entries are checked with that. */
export function readMemory(
  environment: Environment,
  epoch: string,
  settings: StoreSettings,
  now: (newest: number) => number,
): AppenderMemory {
  const view = new View(environment, epoch);
  const state = view.refresh();
  const tail = new TopicTail();
  tail.restart(state.indexedThrough);
  for (const [topic, offsets] of view.tail.lists) for (const offset of offsets) tail.add(offset, [topic]);
  const kept = new KeptEvents(environment, settings);
  const leftovers = new LeftoverKeys(environment, settings);
  const keys = readKnownKeys(environment, epoch, state, leftovers.found, now(state.logTime), settings);
  const eviction = new Eviction({ environment, limits: settings, tail, kept, leftovers });
  return { state, keys, tail, kept, leftovers, eviction, damaged: tail.of(DAMAGED).length };
}
