import type { Published } from "../hub/publisher.ts";
import { noLogger, type Logger } from "../hub/logger.ts";
import type { Addressed, UntypedPublication } from "../hub/publication.ts";
import { readFetchBody, readNodeBody } from "./body.ts";
import { carriesStream } from "./node-sink.ts";
import type { NodeRequest, NodeResponse } from "./node-types.ts";
import { problem, PROBLEM_TYPE, ProblemError, problemOf } from "./problem.ts";
import { route, type Answer, type Exchange, type RouteContext } from "./routes.ts";
import type { StreamEnd } from "./stream-ending.ts";
import { checkOrigins, corsHead } from "./stream-head.ts";
import type { StreamOptions } from "./stream-options.ts";

/** What a front needs of a hub. */
export interface FrontHub {
  readonly closed: boolean;
  readonly maxBatch: number;
  publishBatch(events: readonly Addressed<UntypedPublication>[]): Promise<Published[]>;
  serve(req: NodeRequest, res: NodeResponse, options: StreamOptions): Promise<StreamEnd>;
  fetch(request: Request, options: StreamOptions): Promise<Response>;
}

/** How a front is set up. */
export interface FrontOptions {
  /** Origins whose pages may subscribe and publish from another site. None by default. */
  readonly origins?: readonly string[];
  /** Host names that requests may be addressed to, without a port; others are answered 403. Unchecked by default. */
  readonly hosts?: readonly string[];
  /** Of a publish, in bytes. 1 MiB by default. */
  readonly maxBody?: number;
  /** Compresses streams for clients that take gzip: see `StreamOptions`. Off by default. */
  readonly compress?: boolean;
  /** Told of what fails inside. */
  readonly logger?: Logger;
}

/** The native surface of a hub: `GET /events`, `POST /publish`, `GET /healthz`, `GET /readyz`; 404 for the rest. */
export interface Front {
  /**
   * Answers a request of Node's `http`. Resolves when it is answered, for a stream when it has begun. Never rejects for
   * what the client did.
   *
   * @param elsewhere asked for a path that the hub has nothing at, after the checks; whether it has answered
   */
  handle<Req extends NodeRequest, Res extends NodeResponse>(
    req: Req,
    res: Res,
    elsewhere?: (req: Req, res: Res) => boolean,
  ): Promise<void>;
  /** Answers a request of a runtime with `Request` and `Response`. Never rejects. */
  fetch(request: Request): Promise<Response>;
}

type Fixed = Exclude<Answer, { readonly topics: readonly string[] }>;

/**
 * Puts a hub behind HTTP, as `tidings serve` does.
 *
 * @throws HubError `bad-option` for an origin that is not one
 */
export function createFront(hub: FrontHub, options: FrontOptions = {}): Front {
  const origins = checkOrigins(options.origins ?? []);
  const { compress } = options;
  const logger = options.logger ?? noLogger;
  const hosts = options.hosts?.map((host) => host.toLowerCase());
  const context: RouteContext = {
    publish: (events) => hub.publishBatch(events),
    ready: () => !hub.closed,
    hosts,
    origins,
    maxBatch: hub.maxBatch,
    maxBody: options.maxBody ?? 1024 * 1024,
  };

  /** What went wrong, as an answer. */
  function failure(error: unknown): Fixed {
    const known = problemOf(error);
    if ((known?.status ?? 500) === 500 || known?.code === "log-failed") logger.error({ error }, "A request failed");
    const answered = known ?? problem("internal", "The hub could not answer this request; its log says why");
    const headers: Record<string, string> = { "Content-Type": PROBLEM_TYPE, "Cache-Control": "no-store" };
    if (answered.status === 503) headers["Retry-After"] = "1";
    Object.assign(headers, error instanceof ProblemError ? error.headers : {});
    return { status: answered.status, headers, body: JSON.stringify(answered) };
  }

  return {
    async handle(req, res, elsewhere) {
      if (carriesStream(req)) {
        req.socket.destroy();
        return;
      }
      let answer: Answer;
      try {
        answer = await route(nodeExchange(req), context);
      } catch (error) {
        const unknown = error instanceof ProblemError && error.problem.code === "not-found";
        if (unknown && elsewhere?.(req, res)) return;
        answer = failure(error);
      }
      if (answer.topics === undefined) {
        sendNode(req, res, answer, origins);
        return;
      }
      // Not waited for: that would keep the request and the response of every open stream.
      void hub
        .serve(req, res, { topics: answer.topics, origins, compress })
        .catch((error: unknown) => sendNode(req, res, failure(error), origins));
    },

    async fetch(request) {
      let answer = await route(fetchExchange(request), context).catch(failure);
      if (answer.topics !== undefined) {
        try {
          return await hub.fetch(request, { topics: answer.topics, origins, compress });
        } catch (error) {
          answer = failure(error);
        }
      }
      const headers = { ...corsHead(request.headers.get("origin"), origins), ...answer.headers };
      const bodiless = request.method === "HEAD" || answer.status === 204;
      return new Response(bodiless ? null : answer.body, { status: answer.status, headers });
    },
  };
}

function sendNode(req: NodeRequest, res: NodeResponse, answer: Fixed, origins: readonly string[]): void {
  if (res.headersSent) return;
  res.statusCode = answer.status;
  const headers = { ...corsHead(headerOf(req, "origin"), origins), ...answer.headers };
  for (const [name, value] of Object.entries(headers)) {
    // HTTP/2 has no such header.
    if (name !== "Connection" || req.httpVersionMajor < 2) res.setHeader(name, value);
  }
  if (req.method === "HEAD") res.end();
  else res.end(answer.body);
}

function nodeExchange(req: NodeRequest): Exchange {
  return {
    method: req.method ?? "GET",
    target: req.url ?? "/",
    header: (name) => headerOf(req, name),
    body: (limit) => readNodeBody(req, limit),
  };
}

function headerOf(req: NodeRequest, name: string): string | undefined {
  const value = req.headers[name] ?? (name === "host" ? req.headers[":authority"] : undefined);
  return Array.isArray(value) ? value.join(", ") : value;
}

function fetchExchange(request: Request): Exchange {
  const { pathname, search, host } = new URL(request.url);
  return {
    method: request.method,
    target: pathname + search,
    header: (name) => request.headers.get(name) ?? (name === "host" ? host : undefined),
    body: (limit) => readFetchBody(request, limit),
  };
}
