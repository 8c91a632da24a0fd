import { createServer, type IncomingMessage, type Server as HttpServer, type ServerResponse } from "node:http";
import type { Server } from "node:net";

/** The name of the event that every side sends. */
export const eventName = "tick";

/** What a side that runs in Node is, inside its process. */
export interface NodeServer {
  readonly server: Server;
  /** How many subscribers would get an event now. */
  subscribers(): number;
}

/** What a side does with the two requests that there are. */
export interface Handler {
  /** Makes the request a subscriber of the one topic that there is. */
  accept(req: IncomingMessage, res: ServerResponse): void;
  /** Sends an event to all subscribers. */
  publish(data: string): unknown;
}

// Longer than any run: a kept connection that the server closes while a request is on its way would count as a failure.
const keepAliveTimeout = 3_600_000;

/** A `node:http` server that publishes the body of a POST and takes a GET for a subscriber. */
export function createHttpServer(handler: Handler): HttpServer {
  return createServer({ keepAliveTimeout }, (req, res) => {
    if (req.method === "POST") void publishBody(handler, req, res);
    else handler.accept(req, res);
  });
}

async function publishBody(handler: Handler, req: IncomingMessage, res: ServerResponse): Promise<void> {
  let data = "";
  req.setEncoding("latin1");
  req.on("data", (text: string) => (data += text));
  await new Promise((resolve) => req.on("end", resolve));
  try {
    await handler.publish(data);
    res.writeHead(204).end();
  } catch (error) {
    res.writeHead(500).end(String(error));
  }
}
