import type { Engine } from "../hub/engine.ts";
import { fetchExchange } from "./exchange.ts";
import { FetchSink } from "./fetch-sink.ts";
import { onLeaving } from "./leaving.ts";
import { answerFetch } from "./plain-answer.ts";
import type { Platform } from "./platform.ts";
import { streamAnswer } from "./stream-answer.ts";
import { endOf } from "./stream-end.ts";
import { checkStreamOptions, type StreamOptions } from "./stream-options.ts";

/**
 * Answers a request with a stream, on every runtime with `Request` and `Response`.
 *
 * @throws HubError for what is wrong with the options
 */
export async function fetchStream(
  engine: Engine,
  _platform: Platform,
  request: Request,
  options: StreamOptions,
): Promise<Response> {
  checkStreamOptions(options);
  const found = streamAnswer(engine, options, fetchExchange(request));
  if (found.end !== undefined) return answerFetch(request, found.answer, options.origins ?? []);
  const sink = new FetchSink();
  const subscriber = engine.subscribe(sink, found.subscription, found.party);
  const stopListening = onLeaving(request, () => subscriber.close("client"));
  void endOf(subscriber, options.signal).then(stopListening);
  return new Response(sink.body, { headers: found.head });
}
