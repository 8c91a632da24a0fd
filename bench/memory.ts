import { setTimeout as pause } from "node:timers/promises";
import type { Plan } from "./plan.ts";
import type { Cores } from "./processes/cores.ts";
import { residentBytes } from "./processes/usage.ts";
import { untilSubscribed, withServer } from "./session.ts";
import type { Side } from "./sides/side.ts";

/** One side with idle connections, once. */
export interface MemoryRun {
  readonly side: string;
  /** Whether a full garbage collection came before each look. */
  readonly collected: boolean;
  /** Resident memory of the server at each number of connections, in bytes. */
  readonly resident: readonly { readonly connections: number; readonly bytes: number }[];
  /** What one more connection costs, in bytes: the slope between the two. */
  readonly bytesPerConnection: number;
}

/**
 * Opens idle connections and looks twice at the server's memory. The slope between the two leaves out what the server
 * itself needs. With `collected`, a full garbage collection comes before each look; such a run is one of its own,
 * because a collection at the first look would change what stands at the second.
 */
export function runMemory(side: Side, collected: boolean, plan: Plan, cores: Cores): Promise<MemoryRun> {
  return withServer(side, cores, async (server, generator) => {
    const lookAt = async (connections: number, more: number): Promise<number> => {
      await generator.open(server, more);
      await untilSubscribed(server, connections);
      await pause(plan.settleSeconds * 1000);
      if (collected) await server.collectGarbage();
      return residentBytes(server.pids);
    };
    const { few, many } = plan.idle;
    const first = await lookAt(few, few);
    const second = await lookAt(many, many - few);
    return {
      side: side.name,
      collected,
      resident: [
        { connections: few, bytes: first },
        { connections: many, bytes: second },
      ],
      bytesPerConnection: (second - first) / (many - few),
    };
  });
}
