import type { ServerResponse } from "node:http";
import { createHttpServer, eventName, type NodeServer } from "./node-server.ts";

/** The loop of the tutorials: an array of responses, and three `res.write` calls for each event and each of them. */
export function createPlain(): NodeServer {
  let clients: ServerResponse[] = [];
  let events = 0;
  const server = createHttpServer({
    accept: (req, res) => {
      res.writeHead(200, {
        "Content-Type": "text/event-stream",
        "Cache-Control": "no-cache",
        Connection: "keep-alive",
      });
      res.flushHeaders();
      clients.push(res);
      req.on("close", () => {
        clients = clients.filter((client) => client !== res);
      });
    },
    publish: (data) => {
      const id = events++;
      for (const client of clients) {
        client.write(`id: ${id}\n`);
        client.write(`event: ${eventName}\n`);
        client.write(`data: ${data}\n\n`);
      }
    },
  });
  return { server, subscribers: () => clients.length };
}
