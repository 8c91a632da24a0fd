import { startChild } from "../processes/child.ts";
import type { ServerCalls } from "../server/main.ts";
import type { HandlerName } from "./handlers.ts";
import type { Side } from "./side.ts";

const program = new URL("../server/main.ts", import.meta.url);

// A server that cannot keep up answers between two rounds of the publisher, which may last seconds.
const busyMs = 60_000;

/** A side that is a handler in a `node:http` server, with the publisher in the same process. */
export function nodeSide(name: HandlerName): Side {
  return {
    name,
    start: async (core) => {
      const server = startChild<ServerCalls>(program, [name], core);
      try {
        const port = await server.call("listen", undefined);
        return {
          port,
          path: "/events",
          pids: [server.pid],
          subscribers: () => server.call("subscribers", undefined),
          publish: (offer) => server.call("publish", offer),
          stopPublishing: () => server.call("stopPublishing", undefined, busyMs),
          collectGarbage: async () => {
            await server.call("collectGarbage", undefined);
            return true;
          },
          stop: () => server.stop(),
        };
      } catch (error) {
        await server.stop();
        throw error;
      }
    },
  };
}
