import { readFetchBody, readNodeBody } from "./body.ts";
import type { NodeRequest } from "./node-types.ts";

/** A request, whatever the runtime. */
export interface Exchange {
  readonly method: string;
  /** The request target, or the whole URL. */
  readonly target: string;
  /** The address of whoever sent it, where that is known: at first the one at the other end of the connection. */
  readonly address: string | undefined;
  header(name: string): string | undefined;
  /** Reads the body, up to so many bytes. */
  body(limit: number): Promise<Uint8Array>;
}

/** A request of Node's. */
export function nodeExchange(req: NodeRequest): Exchange {
  return {
    method: req.method ?? "GET",
    target: req.url ?? "/",
    address: req.socket.remoteAddress,
    header(name) {
      const value = req.headers[name] ?? (name === "host" ? req.headers[":authority"] : undefined);
      return Array.isArray(value) ? value.join(", ") : value;
    },
    body: (limit) => readNodeBody(req, limit),
  };
}

/** A `Request`. Who sent it is not known. */
export function fetchExchange(request: Request): Exchange {
  return {
    method: request.method,
    target: request.url,
    address: undefined,
    header: (name) => request.headers.get(name) ?? (name === "host" ? new URL(request.url).host : undefined),
    body: (limit) => readFetchBody(request, limit),
  };
}
