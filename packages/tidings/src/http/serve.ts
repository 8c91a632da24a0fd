import type { Engine } from "../hub/engine.ts";
import { HubError } from "../hub/error.ts";
import type { Subscriber } from "../hub/subscriber.ts";
import { compressibleHead, gzipFor } from "./compression.ts";
import { carriesStream, isEncoded, nodeSink, setHeaders } from "./node-sink.ts";
import type { NodeRequest, NodeResponse } from "./node-types.ts";
import type { Platform } from "./platform.ts";
import { PROBLEM_TYPE, problemOf } from "./problem.ts";
import { StreamEnding, type StreamEnd } from "./stream-ending.ts";
import { corsHead, streamHead } from "./stream-head.ts";
import {
  checkStreamOptions,
  readResume,
  streamSubscription,
  type Resume,
  type StreamOptions,
} from "./stream-options.ts";

/**
 * Serves a stream to a request of Node's `http`, `https` or `http2`, and of the frameworks on them. Resolves when the
 * stream has ended; never rejects for what the client did.
 *
 * @throws HubError (rejects) for what is wrong with the options, before anything was sent
 */
export function serve(
  engine: Engine,
  platform: Platform,
  req: NodeRequest,
  res: NodeResponse,
  options: StreamOptions,
): Promise<StreamEnd> {
  // Not an async function: what waits for an open stream's end would keep its request and its response.
  try {
    const opened = open(engine, platform, req, res, options);
    return typeof opened === "string" ? Promise.resolve(opened) : new StreamEnding(opened);
  } catch (error) {
    return Promise.reject(error);
  }
}

/** Opens a stream, or answers why there is none. */
function open(
  engine: Engine,
  platform: Platform,
  req: NodeRequest,
  res: NodeResponse,
  options: StreamOptions,
): Subscriber | "refused" | "closed" {
  checkStreamOptions(options);
  if (res.headersSent) throw new HubError("bad-option", "The response has begun: it carries no stream any more");
  if (carriesStream(req)) {
    req.socket.destroy();
    return "refused";
  }
  const origin = String(req.headers["origin"] ?? "");
  const gzip = isEncoded(res) ? undefined : gzipFor(options, platform, String(req.headers["accept-encoding"] ?? ""));
  let head = streamHead(origin, options.origins ?? []);
  if (options.compress) head = compressibleHead(head, gzip !== undefined);
  let resume: Resume;
  try {
    resume = readResume(options, String(req.headers["last-event-id"] ?? ""), req.url ?? "/");
  } catch (error) {
    const problem = problemOf(error);
    if (problem === undefined) throw error;
    res.statusCode = problem.status;
    const cors = corsHead(origin, options.origins ?? []);
    setHeaders(res, { ...cors, "Content-Type": PROBLEM_TYPE, "Cache-Control": "no-store" });
    if (req.method === "HEAD") res.end();
    else res.end(JSON.stringify(problem));
    return "refused";
  }
  const subscription = streamSubscription(engine, options, resume);
  if (req.method === "HEAD") {
    setHeaders(res, head);
    res.end();
    return "refused";
  }
  const sink = nodeSink(req, res, head, platform);
  const subscriber = engine.subscribe(gzip?.(sink) ?? sink, subscription);
  if (subscriber === undefined) return "closed";
  if (options.signal !== undefined) closeOnAbort(subscriber, options.signal);
  return subscriber;
}

/** Apart, because a function made inside another keeps everything alive that any function made in there uses. */
function closeOnAbort(subscriber: Subscriber, signal: AbortSignal): void {
  const abort = (): void => subscriber.close("aborted");
  if (signal.aborted) abort();
  else signal.addEventListener("abort", abort);
  void subscriber.ended.then(() => signal.removeEventListener("abort", abort));
}
