import { startChild, type Child } from "../../processes/child.ts";
import type { HubCalls, HubSetup } from "./calls.ts";

const program = new URL("main.ts", import.meta.url);

/** A hub that runs in a process of its own. */
export interface HubProcess extends Child<HubCalls> {
  readonly port: number;
}

/**
 * Starts a hub on a core.
 *
 * @param nodeArgs arguments for Node itself
 */
export async function startHub(
  setup: HubSetup,
  core: number | undefined,
  nodeArgs: readonly string[],
): Promise<HubProcess> {
  const child = startChild<HubCalls>({ program, args: [], nodeArgs, core });
  child.output?.resume();
  try {
    return { ...child, port: await child.call("listen", setup) };
  } catch (error) {
    await child.stop();
    throw error;
  }
}
