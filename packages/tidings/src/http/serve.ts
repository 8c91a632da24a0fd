import type { Engine } from "../hub/engine.ts";
import { HubError } from "../hub/error.ts";
import type { Subscriber } from "../hub/subscriber.ts";
import { nodeExchange } from "./exchange.ts";
import { closeOnAbort } from "./leaving.ts";
import { carriesStream, isEncoded, nodeSink } from "./node-sink.ts";
import type { NodeRequest, NodeResponse } from "./node-types.ts";
import { answerNode } from "./plain-answer.ts";
import type { Platform } from "./platform.ts";
import { streamAnswer } from "./stream-answer.ts";
import { StreamEnding, type StreamEnd } from "./stream-ending.ts";
import { checkStreamOptions, type StreamOptions } from "./stream-options.ts";

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
): Subscriber | StreamEnd {
  checkStreamOptions(options);
  if (res.headersSent) throw new HubError("bad-option", "The response has begun: it carries no stream any more");
  if (carriesStream(req)) {
    req.socket.destroy();
    return "refused";
  }
  const found = streamAnswer(engine, options, nodeExchange(req), isEncoded(res) ? undefined : platform);
  if (found.end !== undefined) {
    answerNode(req, res, found.answer, options.origins ?? []);
    return found.end;
  }
  const { head, subscription, party, gzip } = found;
  const sink = nodeSink(req, res, head, platform);
  const subscriber = engine.subscribe(gzip?.(sink) ?? sink, subscription, party);
  if (options.signal !== undefined) closeOnAbort(subscriber, options.signal);
  return subscriber;
}
