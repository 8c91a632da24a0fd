import { type IncomingMessage, type Server, type ServerResponse, createServer } from "node:http";
import type { Socket } from "node:net";

import type { Logger } from "pino";
import { problem } from "tidings/http";
import { leanConnections } from "tidings/node";

import { refusalOf, refuseConnection } from "./refused-connection.ts";
import { sendProblem } from "../send-problem.ts";

/** Answers one request. A rejection is logged and becomes a 500. */
export type RequestHandler = (req: IncomingMessage, res: ServerResponse) => Promise<void>;

/** Time for a request's head and body, and for the next one on a kept connection, in ms. No stream is cut by them. */
const HEAD_TIME = 10_000;
const REQUEST_TIME = 30_000;
const KEEP_ALIVE_TIME = 65_000;
// How often the first two are looked at: a request may take that much longer.
const LOOK_TIME = 2_000;

/** Nothing follows on this connection. */
const LAST = { Connection: "close" };

/** The response that a connection waits for, or that there were several at once. */
type Pending = ServerResponse | "several";

/**
 * An HTTP server that stays up whatever one connection does: what it cannot read is answered with a problem, and what
 * its handler throws with a 500. After `close` each response is the last one on its connection.
 */
export function createHttpServer(handler: RequestHandler, logger: Logger): Server {
  const server = createServer({
    headersTimeout: HEAD_TIME,
    requestTimeout: REQUEST_TIME,
    keepAliveTimeout: KEEP_ALIVE_TIME,
    connectionsCheckingInterval: LOOK_TIME,
    // Refused here, with a problem.
    requireHostHeader: false,
  });
  // Whatever was asked for first: a browser often opens its stream on a connection that it has used before.
  leanConnections(server, { path: "/" });
  // Raw bytes may be written to a connection only if no response has begun on it.
  const answering = new WeakMap<Socket, Pending>();

  const serveOne = (req: IncomingMessage, res: ServerResponse): void => {
    const { socket } = req;
    if (isStream(answering.get(socket))) {
      // Nothing can be answered after a stream: its body ends with the connection.
      socket.destroy();
      return;
    }
    if (!server.listening) res.shouldKeepAlive = false;
    answering.set(socket, answering.has(socket) ? "several" : res);
    res.once("close", () => {
      if (answering.get(socket) === res) answering.delete(socket);
    });
    // RFC 9112, section 3.2.
    const hosts = req.headersDistinct.host?.length ?? 0;
    if (hosts > 1 || (hosts === 0 && req.httpVersion === "1.1")) {
      sendProblem(res, problem("malformed", "A request of HTTP/1.1 names one Host."), LAST);
      return;
    }
    handler(req, res).catch((error: unknown) => {
      logger.error({ err: error }, "a request failed");
      sendProblem(res, problem("internal", "The hub could not answer this request; its log says why."), LAST);
    });
  };
  server.on("request", serveOne);
  // An expectation that the hub does not know is none of its business; Node would answer it with an empty 417.
  server.on("checkExpectation", serveOne);
  server.on("clientError", (error: NodeJS.ErrnoException, stream) => {
    const socket = stream as Socket;
    const pending = answering.get(socket);
    const refusal = refusalOf(error.code ?? "");
    if (pending === "several" || !socket.writable || error.code === "ECONNRESET") socket.destroy();
    else if (pending === undefined) refuseConnection(socket, refusal);
    else sendProblem(pending, refusal, LAST);
  });
  return server;
}

function isStream(pending: Pending | undefined): boolean {
  return (
    typeof pending === "object" && pending.headersSent && pending.getHeader("Content-Type") === "text/event-stream"
  );
}
