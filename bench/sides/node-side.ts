import { startChild } from "../processes/child.ts";
import type { ServerCalls } from "../server/main.ts";
import type { NodeServerName } from "./node-servers.ts";
import type { Side } from "./side.ts";

const program = new URL("../server/main.ts", import.meta.url);

// A server that cannot keep up answers between two events, which may last long.
const busyMs = 60_000;

/** A side that runs in a Node server of the benchmark's. */
export function nodeSide(name: NodeServerName): Side {
  return {
    name,
    start: async (core) => {
      const server = startChild<ServerCalls>({ program, args: [name], core });
      try {
        return {
          port: await server.call("listen", undefined),
          path: "/events",
          publication: { path: "/publish", headers: { "Content-Type": "text/plain" }, before: "", after: "" },
          pids: [server.pid],
          subscribers: () => server.call("subscribers", undefined, busyMs),
          collectGarbage: () => server.call("collectGarbage", undefined, busyMs),
          stop: () => server.stop(),
        };
      } catch (error) {
        await server.stop();
        throw error;
      }
    },
  };
}
