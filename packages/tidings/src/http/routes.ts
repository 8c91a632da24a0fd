import type { Party } from "../hub/admission/party.ts";
import type { StreamChange } from "../hub/changes/check-change.ts";
import type { Published } from "../hub/publisher.ts";
import type { Addressed, UntypedPublication } from "../hub/publication.ts";
import type { Exchange } from "./exchange.ts";
import { checkHost } from "./host.ts";
import type { PlainAnswer } from "./plain-answer.ts";
import { ProblemError } from "./problem.ts";
import { publishType, readPublish } from "./publish-body.ts";
import { readChange, readStream, type AskedStream } from "./stream-body.ts";
import { readTarget } from "./target.ts";
import { shown } from "../wire/fields.ts";

/** What a request is answered: a response, or a stream. */
export type Answer = (PlainAnswer & { readonly stream?: undefined }) | { readonly stream: AskedStream };

/** What the routes need. */
export interface RouteContext {
  publish(events: readonly Addressed<UntypedPublication>[], by: Party): Promise<Published[]>;
  change(stream: string, change: StreamChange, by: Party): Promise<{ readonly id: string }>;
  readonly hosts: readonly string[] | undefined;
  readonly origins: readonly string[];
  readonly maxBody: number;
  readonly maxBatch: number;
  /** Why the hub is not ready, if it is not. */
  readonly trouble: () => Promise<string | undefined> | string | undefined;
}

type Handler = (exchange: Exchange, query: URLSearchParams, context: RouteContext) => Promise<Answer> | Answer;
/** What stands at a path, by method. */
type Route = ReadonlyMap<string, Handler>;

/** What `GET /events` takes in its query. `client` is how a client names itself. */
const STREAM_PARAMETERS = ["topic", "from", "lastEventId", "policy", "client"];
/** What `POST /events` takes there, too: the rest is in the body. */
const POST_PARAMETERS = ["client"];
/** The topic of those who name none. */
const DEFAULT_TOPIC = "default";
/** How long a browser may remember the answer to a preflight, in seconds. */
const PREFLIGHT_AGE = "7200";

const ROUTES: ReadonlyMap<string, Route> = new Map([
  ["/events", routeOf({ GET: events, HEAD: events, POST: postedEvents, PATCH: change })],
  ["/publish", routeOf({ POST: publish })],
  ["/healthz", routeOf({ GET: healthy, HEAD: healthy })],
  ["/readyz", routeOf({ GET: ready, HEAD: ready })],
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
  const allow = [...found.keys(), "OPTIONS"].join(", ");
  if (exchange.method === "OPTIONS") return preflight(allow, context.origins.includes(exchange.header("origin") ?? ""));
  const handler = found.get(exchange.method);
  if (handler === undefined) {
    throw new ProblemError("method-not-allowed", `${path} takes ${allow}`, { Allow: allow });
  }
  return handler(exchange, query, context);
}

function routeOf(handlers: Readonly<Record<string, Handler>>): Route {
  return new Map(Object.entries(handlers));
}

function events(_: Exchange, query: URLSearchParams): Answer {
  checkParameters(query, STREAM_PARAMETERS);
  const topics = query.getAll("topic");
  return { stream: { topics: topics.length > 0 ? topics : [DEFAULT_TOPIC] } };
}

async function postedEvents(exchange: Exchange, query: URLSearchParams, { maxBody }: RouteContext): Promise<Answer> {
  checkParameters(query, POST_PARAMETERS);
  return { stream: await readStream(exchange, maxBody) };
}

async function change(exchange: Exchange, query: URLSearchParams, context: RouteContext): Promise<Answer> {
  checkParameters(query, POST_PARAMETERS);
  const asked = await readChange(exchange, context.maxBody);
  return json(await context.change(asked.stream, asked.change, { address: exchange.address }));
}

function checkParameters(query: URLSearchParams, known: readonly string[]): void {
  for (const name of query.keys()) {
    if (known.includes(name)) continue;
    throw new ProblemError("bad-request", `There is no parameter ${shown(name)} here; there is ${known.join(", ")}`);
  }
}

async function publish(exchange: Exchange, _: URLSearchParams, context: RouteContext): Promise<Answer> {
  const type = publishType(exchange.header("content-type"));
  const { batch, events: publications } = readPublish(type, await exchange.body(context.maxBody), context.maxBatch);
  const published = await context.publish(publications, { address: exchange.address });
  return json(batch ? published : published[0]);
}

function healthy(): Answer {
  return text(200, "ok");
}

async function ready(_: Exchange, __: URLSearchParams, context: RouteContext): Promise<Answer> {
  const trouble = await context.trouble();
  return trouble === undefined ? text(200, "ready") : text(503, trouble);
}

function json(value: unknown): Answer {
  const headers = { "Content-Type": "application/json", "Cache-Control": "no-store" };
  return { status: 200, headers, body: JSON.stringify(value) };
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
