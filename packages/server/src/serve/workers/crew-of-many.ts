import type { Hub } from "tidings";
import { HubError } from "tidings/log";

import type { Crew } from "../crew.ts";
import type { Calls } from "./calls.ts";
import type { AskedChange, ChangeOutcome, SupervisorProcedures } from "./procedures.ts";

/** How often the figures of all are fetched, in ms. */
const FETCH = 1_000;

/** The other workers, by way of the supervisor. */
export function crewOfMany(hub: Hub, supervisor: Calls<SupervisorProcedures>, wantsStats: boolean): Crew {
  let stats = hub.stats();
  if (wantsStats) {
    setInterval(() => {
      supervisor("stats").then(
        (told) => (stats = told),
        // The next one may be told.
        () => undefined,
      );
    }, FETCH).unref();
  }
  return {
    metrics: () => supervisor("metrics"),
    trouble: () => supervisor("trouble"),
    stats: () => stats,
    async change(name, change, by) {
      const asked: AskedChange = { name, change, by };
      const here = await changeHere(hub, asked);
      const outcome = "code" in here && here.code === "unknown-stream" ? await supervisor("change", asked) : here;
      if ("id" in outcome) return outcome;
      const { code, message, retryAfter } = outcome;
      throw new HubError(code, message, retryAfter === undefined ? {} : { retryAfter });
    },
  };
}

/** Changes a stream of this process, and tells what became of it so that another process can be told. */
export async function changeHere(hub: Hub, { name, change, by }: AskedChange): Promise<ChangeOutcome> {
  try {
    return await hub.change(name, change, by);
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    const { code, message, retryAfter } = error;
    return { code, message, retryAfter };
  }
}
