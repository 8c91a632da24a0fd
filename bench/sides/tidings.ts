import type { Server } from "node:http";
import { createHub } from "tidings";
import { createHttpServer, eventName, type NodeServer } from "./node-server.ts";

const topic = "ticks";

/** Tidings, embedded: a hub with its defaults (the memory log with replay and retention), every stream on one topic. */
export function createTidings(): NodeServer & { readonly server: Server } {
  const hub = createHub();
  const server = createHttpServer({
    accept: (req, res) => {
      void hub.serve(req, res, { topics: [topic] });
    },
    publish: (data) => hub.publish(topic, { event: eventName, data }),
  });
  return { server, subscribers: () => hub.stats().subscribersByState.live };
}
