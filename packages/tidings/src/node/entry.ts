// The entry of `tidings` where there is `node:`. The same names; hubs know what the runtime can do.
import { composeHub, type Hub, type HubOptions } from "../create-hub.ts";
import { nodePlatform } from "./platform.ts";

export * from "../index.ts";

/**
 * Makes a hub.
 *
 * @throws HubError `bad-option`
 */
export function createHub<Events = Record<string, unknown>>(options: HubOptions = {}): Hub<Events> {
  return composeHub<Events>(options, nodePlatform);
}
