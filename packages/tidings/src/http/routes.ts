import type { Party } from "../hub/admission/party.ts";
import type { Published } from "../hub/publisher.ts";
import type { Addressed, UntypedPublication } from "../hub/publication.ts";
import type { Exchange } from "./exchange.ts";
import { checkHost } from "./host.ts";
import type { PlainAnswer } from "./plain-answer.ts";
import { ProblemError } from "./problem.ts";
import { publishType, readPublish } from "./publish-body.ts";
import { readTarget } from "./target.ts";
import { shown } from "../wire/fields.ts";

/** What a request is answered: a response, or a stream of some topics. */
export type Answer = (PlainAnswer & { readonly topics?: undefined }) | { readonly topics: readonly string[] };

/** What the routes need. */
export interface RouteContext {
  publish(events: readonly Addressed<UntypedPublication>[], by: Party): Promise<Published[]>;
  readonly hosts: readonly string[] | undefined;
  readonly origins: readonly string[];
  readonly maxBody: number;
  readonly maxBatch: number;
  readonly ready: () => boolean;
}

interface Route {
  readonly methods: readonly string[];
  answer(exchange: Exchange, query: URLSearchParams, context: RouteContext): Promise<Answer> | Answer;
}

/** What `GET /events` takes in its query. `client` is how a client names itself. */
const STREAM_PARAMETERS = new Set(["topic", "from", "lastEventId", "policy", "client"]);
/** The topic of those who name none. */
const DEFAULT_TOPIC = "default";
/** How long a browser may remember the answer to a preflight, in seconds. */
const PREFLIGHT_AGE = "7200";

const ROUTES: ReadonlyMap<string, Route> = new Map<string, Route>([
  ["/events", { methods: ["GET", "HEAD"], answer: events }],
  ["/publish", { methods: ["POST"], answer: publish }],
  ["/healthz", { methods: ["GET", "HEAD"], answer: () => text(200, "ok") }],
  [
    "/readyz",
    { methods: ["GET", "HEAD"], answer: (_, __, { ready }) => (ready() ? text(200, "ready") : text(503, "closing")) },
  ],
]);

/**
 * Answers a request.
 *
 * @throws ProblemError or HubError for what is answered with a problem
 */
export async function route(exchange: Exchange, context: RouteContext): Promise<Answer> {
  checkHost(exchange.header("host"), context.hosts);
  const { path, query } = readTarget(exchange.target);
  const found = ROUTES.get(path);
  if (found === undefined) throw new ProblemError("not-found", `There is nothing at ${shown(path)}`);
  const allow = [...found.methods, "OPTIONS"].join(", ");
  if (exchange.method === "OPTIONS") return preflight(allow, context.origins.includes(exchange.header("origin") ?? ""));
  if (!found.methods.includes(exchange.method)) {
    throw new ProblemError("method-not-allowed", `${path} takes ${allow}`, { Allow: allow });
  }
  return found.answer(exchange, query, context);
}

function events(_: Exchange, query: URLSearchParams): Answer {
  for (const name of query.keys()) {
    if (STREAM_PARAMETERS.has(name)) continue;
    const known = [...STREAM_PARAMETERS].join(", ");
    throw new ProblemError("bad-request", `There is no parameter ${shown(name)}; there are ${known}`);
  }
  const topics = query.getAll("topic");
  return { topics: topics.length > 0 ? topics : [DEFAULT_TOPIC] };
}

async function publish(exchange: Exchange, _: URLSearchParams, context: RouteContext): Promise<Answer> {
  const type = publishType(exchange.header("content-type"));
  const { batch, events: publications } = readPublish(type, await exchange.body(context.maxBody), context.maxBatch);
  const published = await context.publish(publications, { address: exchange.address });
  const body = JSON.stringify(batch ? published : published[0]);
  return { status: 200, headers: { "Content-Type": "application/json", "Cache-Control": "no-store" }, body };
}

function preflight(allow: string, listed: boolean): Answer {
  const permission = {
    "Access-Control-Allow-Methods": allow,
    "Access-Control-Allow-Headers": "content-type, last-event-id, authorization, cache-control",
    "Access-Control-Max-Age": PREFLIGHT_AGE,
  };
  return { status: 204, headers: { Allow: allow, ...(listed ? permission : {}) }, body: "" };
}

function text(status: number, body: string): Answer {
  return { status, headers: { "Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store" }, body };
}
