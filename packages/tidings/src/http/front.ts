import type { Party } from "../hub/admission/party.ts";
import type { StreamChange } from "../hub/changes/check-change.ts";
import type { HubStats } from "../hub/engine.ts";
import type { Published } from "../hub/publisher.ts";
import { noLogger, type Logger } from "../hub/logger.ts";
import type { Addressed, UntypedPublication } from "../hub/publication.ts";
import { fetchExchange, nodeExchange } from "./exchange.ts";
import { behindProxies, proxyCount } from "./forwarded.ts";
import { carriesStream } from "./node-sink.ts";
import type { NodeRequest, NodeResponse } from "./node-types.ts";
import { answerFetch, answerNode, type PlainAnswer } from "./plain-answer.ts";
import { errorAnswer, problem, problemAnswer, ProblemError, problemOf } from "./problem.ts";
import { route, type Answer, type RouteContext } from "./routes.ts";
import type { StreamEnd } from "./stream-ending.ts";
import type { AskedStream } from "./stream-body.ts";
import { checkOrigins } from "./stream-head.ts";
import type { StreamOptions } from "./stream-options.ts";

/** What a front needs of a hub. */
export interface FrontHub {
  readonly closed: boolean;
  readonly maxBatch: number;
  publishBatch(events: readonly Addressed<UntypedPublication>[], by?: Party): Promise<Published[]>;
  change(stream: string, change: StreamChange, by?: Party): Promise<{ readonly id: string }>;
  serve(req: NodeRequest, res: NodeResponse, options: StreamOptions): Promise<StreamEnd>;
  fetch(request: Request, options: StreamOptions): Promise<Response>;
  /** Whether its log takes events. */
  stats(): Pick<HubStats, "ready">;
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
  /**
   * How many proxies stand in front. The client's address, for limits per address, is then the one that the outermost of
   * them saw: so many from the right in `X-Forwarded-For`. 0 by default: the header is not looked at.
   */
  readonly trustedProxies?: number;
  /** Why `/readyz` answers 503, where it does. By default what the hub says: where it is of several processes, ask all. */
  readonly trouble?: () => Promise<string | undefined>;
  /** Told of what fails inside. */
  readonly logger?: Logger;
}

/** The native surface of a hub: `/events`, `/publish`, `/healthz` and `/readyz`; 404 for the rest. */
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

/** Why a hub is not ready, if it is not. */
function troubleOf(hub: FrontHub): string | undefined {
  if (hub.closed) return "closing";
  return hub.stats().ready ? undefined : "the log takes no events at the moment";
}

/**
 * Puts a hub behind HTTP, as `tidings serve` does.
 *
 * @throws HubError `bad-option` for an origin that is not one, or a number of proxies that cannot be
 */
export function createFront(hub: FrontHub, options: FrontOptions = {}): Front {
  const origins = checkOrigins(options.origins ?? []);
  const { compress } = options;
  const logger = options.logger ?? noLogger;
  const proxies = proxyCount(options.trustedProxies ?? 0);
  const hosts = options.hosts?.map((host) => host.toLowerCase());
  const context: RouteContext = {
    publish: (events, by) => hub.publishBatch(events, by),
    change: (stream, change, by) => hub.change(stream, change, by),
    trouble: options.trouble ?? (() => troubleOf(hub)),
    hosts,
    origins,
    maxBatch: hub.maxBatch,
    maxBody: options.maxBody ?? 1024 * 1024,
  };

  /** What a client asked for, with what the front decides. */
  function streamOptions(asked: AskedStream, address: string | undefined): StreamOptions {
    return { ...asked, origins, compress, address, changes: true };
  }

  /** What went wrong, as an answer. */
  function failure(error: unknown): PlainAnswer {
    const known = problemOf(error);
    if ((known?.status ?? 500) === 500 || known?.code === "log-failed") logger.error({ error }, "A request failed");
    return (
      errorAnswer(error) ??
      problemAnswer(problem("internal", "The hub could not answer this request; its log says why"))
    );
  }

  return {
    async handle(req, res, elsewhere) {
      if (carriesStream(req)) {
        req.socket.destroy();
        return;
      }
      const exchange = behindProxies(nodeExchange(req), proxies);
      let answer: Answer;
      try {
        answer = await route(exchange, context);
      } catch (error) {
        const unknown = error instanceof ProblemError && error.problem.code === "not-found";
        if (unknown && elsewhere?.(req, res)) return;
        answer = failure(error);
      }
      if (answer.stream === undefined) {
        answerNode(req, res, answer, origins);
        return;
      }
      // Not waited for: that would keep the request and the response of every open stream.
      void hub
        .serve(req, res, streamOptions(answer.stream, exchange.address))
        .catch((error: unknown) => answerNode(req, res, failure(error), origins));
    },

    async fetch(request) {
      const exchange = behindProxies(fetchExchange(request), proxies);
      const answer: Answer = await route(exchange, context).catch(failure);
      if (answer.stream === undefined) return answerFetch(request, answer, origins);
      try {
        return await hub.fetch(request, streamOptions(answer.stream, exchange.address));
      } catch (error) {
        return answerFetch(request, failure(error), origins);
      }
    },
  };
}
