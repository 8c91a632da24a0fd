import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from "node:http";

import { onTestFinished } from "vitest";

import { createHub, type Hub, type StreamEnd } from "../../../src/node/entry.ts";
import { leanConnections } from "../../../src/node/index.ts";
import { listenOn } from "../../http/node-server.ts";

/** A stream that was asked for, and what the server's code sees of it. */
interface Served {
  /** Its request and its response were over as soon as it had begun: that is how a lean stream looks from outside. */
  readonly lean: boolean;
  /** How it ended, once it has. */
  end: StreamEnd | undefined;
}

/** How a server for tests is made. */
export interface Setting {
  /** Under which path its streams are lean. None: as ever. */
  readonly lean?: string | undefined;
  readonly options?: ServerOptions;
  /** Told of the server before it listens. */
  readonly setup?: (server: Server, application: Application) => void;
}

/** A server with all kinds of answers, and what it was asked and told. */
export interface Application {
  readonly server: Server;
  readonly port: number;
  readonly hub: Hub;
  readonly streams: Served[];
  /** What was asked, and what the streams' requests and responses told, in order. */
  readonly log: string[];
  /** The requests, the responses and the connections under them, of streams. */
  readonly kept: WeakRef<object>[];
  /** Lets go what waits: `/slow`, and streams with `wait` in their query. */
  readonly release: () => void;
  /** Connections, as the server counts them. */
  connections(): Promise<number>;
}

/** Starts a server. It is gone when the test is over. */
export async function serve({ lean, options = {}, setup }: Setting = {}): Promise<Application> {
  const hub = createHub({ maxTopics: 10 });
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const streams: Served[] = [];
  const log: string[] = [];
  const kept: WeakRef<object>[] = [];

  async function stream(req: IncomingMessage, res: ServerResponse): Promise<void> {
    for (const told of ["finish", "close"]) res.on(told, () => log.push(`response ${told}`));
    for (const told of ["aborted", "error"]) req.on(told, () => log.push(`request ${told}`));
    if (req.url?.includes("wait")) await released;
    kept.push(new WeakRef(req), new WeakRef(res), new WeakRef(req.socket));
    const ending = hub.serve(req, res, { topics: ["a"], compress: true });
    const served: Served = { lean: res.writableEnded, end: undefined };
    streams.push(served);
    // Not awaited: a function that waits keeps its request.
    void ending.then((end) => (served.end = end));
  }

  const server = createServer(options, (req, res) => {
    const { url = "/" } = req;
    log.push(`${req.method} ${url}`);
    if (url.startsWith("/events?deny")) deny(res);
    else if (url.startsWith("/events")) void stream(req, res);
    else if (url === "/slow") void released.then(() => res.end("slow"));
    else if (url === "/echo") void echo(req, res);
    else if (url === "/pieces") pieces(res);
    else if (url === "/big") res.end(`${"b".repeat(3_000_000)}!`);
    else res.end(`you said ${req.method} ${url}`);
  });
  if (lean !== undefined) leanConnections(server, { path: lean });
  const connections = (): Promise<number> =>
    new Promise((resolve) => server.getConnections((_error, count) => resolve(count)));
  const application = { server, port: 0, hub, streams, log, kept, release, connections };
  setup?.(server, application);
  application.port = await listenOn(server);
  onTestFinished(async () => {
    release();
    await hub.close({ drain: 0 });
    server.closeAllConnections();
  });
  return application;
}

function deny(res: ServerResponse): void {
  res.statusCode = 401;
  res.end("who are you");
}

async function echo(req: IncomingMessage, res: ServerResponse): Promise<void> {
  const hash = createHash("sha1");
  try {
    for await (const chunk of req) hash.update(chunk as Buffer);
  } catch {
    return; // the client left
  }
  res.end(hash.digest("hex"));
}

function pieces(res: ServerResponse): void {
  for (const piece of ["one ", "two ", "three"]) res.write(piece);
  setImmediate(() => res.end());
}
