import type { IncomingMessage, ServerResponse } from "node:http";

import { onTestFinished } from "vitest";

import { connect, type ConnectOptions, type Tidings } from "../../../src/client/index.ts";
import { createFront } from "../../../src/http/index.ts";
import { createHub, type Hub, type HubOptions } from "../../../src/index.ts";
import { listen } from "../../http/node-server.ts";

/** A hub behind HTTP. */
export interface HubServer {
  readonly hub: Hub;
  readonly port: number;
  /** Of its streams. */
  readonly url: string;
  /** Requests as they came: method and target. */
  readonly requests: string[];
  /** Connections are cut. */
  cut(): void;
}

/** What a test server is. */
export interface HubServerOptions extends HubOptions {
  /** Whether streams can be changed, and opened by POST. Otherwise only GET is there, as with a server of another kind. */
  readonly changes?: boolean;
  /** Asked before everything; whether it has answered. */
  readonly before?: (req: IncomingMessage, res: ServerResponse) => boolean;
  readonly origins?: readonly string[];
}

/** Starts a hub that is closed when the test is over. */
export async function startHub({
  changes = true,
  before,
  origins = [],
  ...options
}: HubServerOptions = {}): Promise<HubServer> {
  const hub = createHub({ retry: { min: 20, max: 60 }, ...options });
  onTestFinished(() => hub.close({ drain: 0 }));
  const front = createFront(hub, { origins });
  const requests: string[] = [];
  const { server, port, url } = await listen((req, res) => {
    requests.push(`${req.method} ${req.url}`);
    if (before?.(req, res) === true) return;
    const { pathname, searchParams } = new URL(req.url ?? "", "http://hub");
    if (changes || pathname !== "/events") void front.handle(req, res);
    else if (req.method === "GET") void hub.serve(req, res, { topics: searchParams.getAll("topic") });
    else res.writeHead(405).end();
  });
  return { hub, port, url: `${url}/events`, requests, cut: () => server.closeAllConnections() };
}

/** Connects with short waits, until the test is over. */
export function client(url: string, options: ConnectOptions = {}): Tidings {
  const tidings = connect(url, { retry: { base: 20, min: 5, max: 100 }, linger: 50, ...options });
  onTestFinished(() => tidings.close());
  return tidings;
}

/** Resolves when events come as they happen. */
export function live(tidings: Tidings): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (tidings.status.getSnapshot().state !== "live") return;
      stop();
      resolve();
    };
    const stop = tidings.status.subscribe(look);
    queueMicrotask(look);
  });
}

/** The requests of one kind, by method. */
export function count({ requests }: HubServer, start: string): number {
  return requests.filter((request) => request.startsWith(start)).length;
}
