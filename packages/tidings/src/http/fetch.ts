import type { Engine } from "../hub/engine.ts";
import { compressibleHead, gzipFor } from "./compression.ts";
import { FetchSink } from "./fetch-sink.ts";
import { onLeaving } from "./leaving.ts";
import type { Platform } from "./platform.ts";
import { PROBLEM_TYPE, problemOf, type Problem } from "./problem.ts";
import { corsHead, streamHead } from "./stream-head.ts";
import {
  checkStreamOptions,
  readResume,
  streamSubscription,
  type Resume,
  type StreamOptions,
} from "./stream-options.ts";

/**
 * Answers a request with a stream, on every runtime with `Request` and `Response`.
 *
 * @throws HubError for what is wrong with the options
 */
export async function fetchStream(
  engine: Engine,
  platform: Platform,
  request: Request,
  options: StreamOptions,
): Promise<Response> {
  checkStreamOptions(options);
  const origin = request.headers.get("origin");
  const gzip = gzipFor(options, platform, request.headers.get("accept-encoding"));
  let headers = streamHead(origin, options.origins ?? []);
  if (options.compress) headers = compressibleHead(headers, gzip !== undefined);
  let resume: Resume;
  try {
    resume = readResume(options, request.headers.get("last-event-id"), request.url);
  } catch (error) {
    const problem = problemOf(error);
    if (problem === undefined) throw error;
    return problemResponse(problem, corsHead(origin, options.origins ?? []));
  }
  const subscription = streamSubscription(engine, options, resume);
  if (request.method === "HEAD") return new Response(null, { headers });
  const sink = new FetchSink();
  const subscriber = engine.subscribe(gzip?.(sink) ?? sink, subscription);
  if (subscriber !== undefined) {
    const { signal } = options;
    const abort = (): void => subscriber.close("aborted");
    const stopListening = onLeaving(request, () => subscriber.close("client"));
    if (signal?.aborted) abort();
    else signal?.addEventListener("abort", abort);
    void subscriber.ended.then(() => {
      stopListening();
      signal?.removeEventListener("abort", abort);
    });
  }
  return new Response(sink.body, { headers });
}

/** A problem as a response. */
function problemResponse(problem: Problem, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(JSON.stringify(problem), {
    status: problem.status,
    headers: { ...headers, "Content-Type": PROBLEM_TYPE, "Cache-Control": "no-store" },
  });
}
