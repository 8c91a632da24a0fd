import type { ServerResponse } from "node:http";
import { eventName, type Handler } from "./handler.ts";

/** The loop of the tutorials: an array of responses, and three `res.write` calls for each event and each of them. */
export function createPlain(): Handler {
  let clients: ServerResponse[] = [];
  return {
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
    publish: (sequence, data) => {
      for (const client of clients) {
        client.write(`id: ${sequence}\n`);
        client.write(`event: ${eventName}\n`);
        client.write(`data: ${data}\n\n`);
      }
    },
    subscribers: () => clients.length,
  };
}
