import { startChild, type Child } from "../../processes/child.ts";
import type { HubCalls, HubSetup } from "./calls.ts";

const program = new URL("main.ts", import.meta.url);

/** A hub that runs in a process of its own. */
export interface HubProcess extends Child<HubCalls> {
  readonly port: number;
}

/** Starts a hub on a core. */
export async function startHub(setup: HubSetup, core: number | undefined): Promise<HubProcess> {
  const child = startChild<HubCalls>({ program, args: [], core });
  child.output?.resume();
  try {
    return { ...child, port: await child.call("listen", setup) };
  } catch (error) {
    await child.stop();
    throw error;
  }
}
