import type { Hub, HubStats } from "tidings";
import type { FrontHub } from "tidings/http";

import type { Metrics } from "./metrics.ts";

/** All the processes that serve one hub, as one of them sees them. */
export interface Crew {
  /** What all of them have counted, as Prometheus reads it. */
  metrics(): Promise<string>;
  /** Why the hub is not ready, if it is not. */
  trouble(): Promise<string | undefined>;
  /** What all of them do and have done, as of two seconds ago at most. */
  stats(): HubStats;
  /** Changes a stream, at whichever of them it is. */
  readonly change: FrontHub["change"];
}

/** A crew of one. */
export function crewOfOne(hub: Hub, metrics: Metrics): Crew {
  return {
    metrics: () => metrics.text(),
    trouble: async () => troubleOf(hub),
    stats: () => hub.stats(),
    change: (name, change, by) => hub.change(name, change, by),
  };
}

/** Why the part of a hub in this process is not ready, if it is not. */
export function troubleOf(hub: Hub): string | undefined {
  if (hub.closed) return "closing";
  return hub.stats().ready ? undefined : "the log takes no events at the moment";
}
