import type { Server } from "node:http";

import { Door, type Onward } from "./door.ts";
import { Lease } from "./lease.ts";
import type { LeanStreams } from "./lean-sink.ts";

/** Which connections of a server may become lean. */
export interface LeanOptions {
  /**
   * How the paths of streams begin. A connection is looked at when its first request comes: a stream on one that was used
   * for another path before is served as ever. `/` takes in all, at some cost for each new connection.
   */
  readonly path?: string;
}

/**
 * Lets `hub.serve` hold the streams of a server of Node's `http` with an eighth of the memory: behind the head of a stream
 * Node needs neither its parser nor the request and the response, and they are let go. To be called right after
 * `createServer`, before anybody listens to the server's connections.
 *
 * For Node the exchange is over when the stream has begun: `res` tells `finish` and `close` then, and `server.timeout` and
 * `closeIdleConnections` do not concern the stream; `close` waits for it and `closeAllConnections` ends it. `req.socket` is
 * a stand-in for the socket.
 *
 * Where this cannot be, the stream is served as ever: over TLS and HTTP/2, and on runtimes that are not Node, where the
 * call does nothing; for a head that comes in pieces or with something after it; for a request with a body, an
 * expectation or an upgrade; behind middleware that corks the response or encodes or changes its body.
 */
export function leanConnections(server: Server, { path = "/" }: LeanOptions = {}): void {
  if (!speaksPlainHttp(server) || !isNode()) return;
  const streams: LeanStreams = new Set();
  const onward = server.rawListeners("connection") as Onward[];
  const door = new Door(server, Buffer.from(`GET ${path}`), onward, streams);
  server.removeAllListeners("connection");
  server.on("connection", (socket) => {
    // What else is given to a server as a connection is not ours to stand in for.
    if ("resetAndDestroy" in socket) door.admit(socket);
    else for (const listener of onward) listener.call(server, socket);
  });
  server.prependListener("request", (req) => {
    const lease = Lease.of(req.socket);
    if (lease !== undefined) lease.request = req;
  });
  // Node knows neither those who wait nor those who carry a stream. Its `close` calls the first of these.
  const { closeIdleConnections, closeAllConnections } = server;
  server.closeIdleConnections = () => {
    door.destroyAll();
    closeIdleConnections.call(server);
  };
  server.closeAllConnections = () => {
    door.destroyAll();
    for (const socket of streams) socket.destroy();
    closeAllConnections.call(server);
  };
}

/** HTTP/1 without TLS: neither has an HTTP/2 server a time for heads, nor a plain one connections that became secure. */
function speaksPlainHttp(server: Server): boolean {
  return "headersTimeout" in server && server.listenerCount("secureConnection") === 0;
}

/** Bun and Deno have servers that look like Node's, and parsers of their own under them. */
function isNode(): boolean {
  return !("Bun" in globalThis || "Deno" in globalThis);
}
