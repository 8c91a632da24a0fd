import type { Engine } from "../hub/engine.ts";
import { fetchExchange } from "./exchange.ts";
import { FetchSink } from "./fetch-sink.ts";
import { closeOnAbort, onLeaving } from "./leaving.ts";
import { answerFetch } from "./plain-answer.ts";
import type { Platform } from "./platform.ts";
import { streamAnswer } from "./stream-answer.ts";
import { checkStreamOptions, type StreamOptions } from "./stream-options.ts";

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
  const found = streamAnswer(engine, options, fetchExchange(request), platform);
  if (found.end !== undefined) return answerFetch(request, found.answer, options.origins ?? []);
  const { head, subscription, party, gzip } = found;
  const sink = new FetchSink();
  const subscriber = engine.subscribe(gzip?.(sink) ?? sink, subscription, party);
  const stopListening = onLeaving(request, () => subscriber.close("client"));
  void subscriber.ended.then(stopListening);
  if (options.signal !== undefined) closeOnAbort(subscriber, options.signal);
  return new Response(sink.body, { headers: head });
}
