import type { Engine } from "../hub/engine.ts";
import { HubError } from "../hub/error.ts";
import type { CloseReason } from "../hub/sink.ts";
import { compressibleHead, gzipFor } from "./compression.ts";
import { carriesStream, isEncoded, nodeSink, setHeaders } from "./node-sink.ts";
import type { NodeRequest, NodeResponse } from "./node-types.ts";
import type { Platform } from "./platform.ts";
import { PROBLEM_TYPE, problemOf } from "./problem.ts";
import { corsHead, streamHead } from "./stream-head.ts";
import {
  checkStreamOptions,
  readResume,
  streamSubscription,
  type Resume,
  type StreamOptions,
} from "./stream-options.ts";

/** How a stream ended. `refused`: there was none, the client was answered an error or asked for the head alone. */
export type StreamEnd = CloseReason | "refused";

/**
 * Serves a stream to a request of Node's `http`, `https` or `http2`, and of the frameworks on them. Resolves when the
 * stream has ended; never rejects for what the client did.
 *
 * @throws HubError for what is wrong with the options, before anything was sent
 */
export async function serve(
  engine: Engine,
  platform: Platform,
  req: NodeRequest,
  res: NodeResponse,
  options: StreamOptions,
): Promise<StreamEnd> {
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
  const { signal } = options;
  if (signal === undefined) return subscriber.ended;
  const abort = (): void => subscriber.close("aborted");
  if (signal.aborted) abort();
  else signal.addEventListener("abort", abort);
  const end = await subscriber.ended;
  signal.removeEventListener("abort", abort);
  return end;
}
