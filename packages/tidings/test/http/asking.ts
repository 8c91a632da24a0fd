import { request as nodeRequest } from "node:http";
import { Readable } from "node:stream";

import { createFront, LOOPBACK_HOSTS, type FrontOptions } from "../../src/http/index.ts";
import type { Hub } from "../../src/index.ts";
import { listen } from "./node-server.ts";

/** A request, whatever carries it. */
export interface Asked {
  readonly method?: string;
  /** The request target: path and query. */
  readonly path?: string;
  readonly host?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Sent in pieces of unknown number, without a `Content-Length`. */
  readonly chunked?: boolean;
}

/** What was answered. */
export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** Asks a front. */
export type Ask = (asked: Asked) => Promise<Answered>;

/** The two ways into a front: over a real server of Node's, and by its fetch handler. */
export const WAYS: readonly {
  readonly way: string;
  readonly open: (hub: Hub, options?: FrontOptions) => Promise<Ask>;
}[] = [
  {
    way: "over node:http",
    async open(hub, options = {}) {
      const front = createFront(hub, { hosts: LOOPBACK_HOSTS, ...options });
      const { port } = await listen((req, res) => void front.handle(req, res));
      return (asked) => askNode(port, asked);
    },
  },
  {
    way: "by its fetch handler",
    async open(hub, options = {}) {
      const front = createFront(hub, { hosts: LOOPBACK_HOSTS, ...options });
      return async (asked) => {
        const { status, headers, body } = await front.fetch(fetchRequest(asked));
        return { status, headers, text: await new Response(body).text() };
      };
    },
  },
];

/** Asks a server of Node's, on a connection of its own. */
function askNode(
  port: number,
  { method = "GET", path = "/", host, headers = {}, body, chunked = false }: Asked,
): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const length = body === undefined || chunked ? {} : { "Content-Length": String(Buffer.byteLength(body)) };
    const all = { Host: host ?? `127.0.0.1:${port}`, ...length, ...headers };
    const req = nodeRequest({ port, host: "127.0.0.1", method, path, headers: all, agent: false }, (res) => {
      const chunks: Buffer[] = [];
      res.on("data", (chunk: Buffer) => chunks.push(chunk));
      res.on("error", reject);
      res.on("end", () => {
        const pairs = Object.entries(res.headers).flatMap(([name, value]) =>
          [value ?? []].flat().map((one) => [name, one] as [string, string]),
        );
        resolve({
          status: res.statusCode ?? 0,
          headers: new Headers(pairs),
          text: Buffer.concat(chunks).toString("utf8"),
        });
      });
    });
    req.on("error", reject);
    for (const piece of body === undefined ? [] : piecesOf(body)) req.write(piece);
    req.end();
  });
}

/** The same as a `Request`. */
function fetchRequest({
  method = "GET",
  path = "/",
  host = "127.0.0.1",
  headers = {},
  body,
  chunked = false,
}: Asked): Request {
  if (body === undefined) return new Request(`http://${host}${path}`, { method, headers });
  const given = chunked ? Readable.toWeb(Readable.from(piecesOf(body))) : Buffer.from(body);
  // `duplex` is not in the types of the DOM yet, and needed for a stream.
  return new Request(`http://${host}${path}`, { method, headers, body: given, duplex: "half" } as RequestInit);
}

function piecesOf(body: string | Uint8Array): Uint8Array[] {
  const bytes = Buffer.from(body);
  const size = 65_536;
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) => bytes.subarray(n * size, (n + 1) * size));
}
