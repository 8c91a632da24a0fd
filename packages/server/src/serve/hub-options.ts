import type { HubOptions } from "tidings";

import type { ServeSettings } from "./settings.ts";

/** The hub's options for what the command was told. What was not given is the hub's own default. */
export function hubOptions(settings: ServeSettings): HubOptions {
  const { heartbeat, maxTopics, maxEventBytes, stall, bufferBudget, replays, shedDelay } = settings;
  return {
    heartbeat,
    maxTopics,
    maxEventBytes,
    stall,
    bufferBudget,
    replays,
    shed: shedDelay === false ? false : { delay: shedDelay },
    ...given("maxLifetime", settings.maxLifetime),
    limits: {
      ...given("connections", settings.maxConnections),
      ...given("connectionsPerAddress", settings.maxConnectionsPerAddress),
      ...given("publishRatePerAddress", settings.publishRate),
    },
  };
}

function given<Name extends string, Value>(name: Name, value: Value | undefined): Partial<Record<Name, Value>> {
  return value === undefined ? {} : ({ [name]: value } as Record<Name, Value>);
}
