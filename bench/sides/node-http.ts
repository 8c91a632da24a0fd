import { createHttpServer, type NodeServer } from "./node-server.ts";

/** `node:http` and nothing else: a response whose head is sent and that stays open. Only its memory is measured. */
export function createNodeHttp(): NodeServer {
  let accepted = 0;
  const server = createHttpServer({
    accept: (_req, res) => {
      res.writeHead(200, { "Content-Type": "text/event-stream" });
      res.flushHeaders();
      accepted++;
    },
    publish: () => undefined,
  });
  return { server, subscribers: () => accepted };
}
