import type { Engine } from "../hub/engine.ts";
import { HubError } from "../hub/error.ts";
import { nodeExchange } from "./exchange.ts";
import { carriesStream, nodeSink } from "./node-sink.ts";
import type { NodeRequest, NodeResponse } from "./node-types.ts";
import { answerNode } from "./plain-answer.ts";
import type { Platform } from "./platform.ts";
import { streamAnswer, type StreamEnd } from "./stream-answer.ts";
import { endOf } from "./stream-end.ts";
import { checkStreamOptions, type StreamOptions } from "./stream-options.ts";

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
  const found = streamAnswer(engine, options, nodeExchange(req));
  if (found.end !== undefined) {
    answerNode(req, res, found.answer, options.origins ?? []);
    return found.end;
  }
  const { head, subscription, party } = found;
  const subscriber = engine.subscribe(nodeSink(req, res, head, platform), subscription, party);
  // Nothing here waits for the end: it would keep the request and the response as long as the stream.
  return endOf(subscriber, options.signal);
}
