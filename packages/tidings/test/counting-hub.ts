import type { IncomingMessage, ServerResponse } from "node:http";

import { createFront } from "../src/http/index.ts";
import { createHub, type Hub } from "../src/index.ts";

/** A hub that knows how many streams were open at a time. */
export interface CountingHub {
  readonly hub: Hub;
  /** Answers `/events` and `/publish`. */
  handle(req: IncomingMessage, res: ServerResponse): void;
  /** Streams that are open, as the server's sockets have it. */
  readonly open: number;
  /** The most that were open at one time since the last `reset`. */
  readonly most: number;
  /** Streams that were opened since then. */
  readonly opened: number;
  reset(): void;
}

export function createCountingHub(): CountingHub {
  const hub = createHub();
  const front = createFront(hub);
  let [open, most, opened] = [0, 0, 0];
  return {
    hub,
    handle(req, res) {
      if (req.method === "GET" && req.url?.startsWith("/events") === true) {
        open += 1;
        opened += 1;
        most = Math.max(most, open);
        res.once("close", () => (open -= 1));
      }
      void front.handle(req, res);
    },
    get open() {
      return open;
    },
    get most() {
      return most;
    },
    get opened() {
      return opened;
    },
    reset() {
      most = open;
      opened = 0;
    },
  };
}
