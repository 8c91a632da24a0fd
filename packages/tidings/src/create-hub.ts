import { checkLimits, type HubLimits } from "./hub/admission/limits.ts";
import { checkShedding, type Shedding } from "./hub/admission/overload.ts";
import type { Party } from "./hub/admission/party.ts";
import type { StreamChange } from "./hub/changes/check-change.ts";
import { atLeastOne } from "./hub/count.ts";
import { milliseconds, type Duration } from "./hub/duration.ts";
import { Engine, type EngineSettings, type HubStats } from "./hub/engine.ts";
import type { Published } from "./hub/publisher.ts";
import { HubError } from "./hub/error.ts";
import type { Log } from "./hub/log/log.ts";
import { memoryLog } from "./hub/log/memory-log.ts";
import { noLogger, type Logger } from "./hub/logger.ts";
import type { Addressed, Publication, UntypedPublication } from "./hub/publication.ts";
import { systemRuntime, type Runtime } from "./hub/runtime.ts";
import { fetchStream } from "./http/fetch.ts";
import { heartbeatInterval } from "./http/heartbeat-interval.ts";
import type { NodeRequest, NodeResponse } from "./http/node-types.ts";
import { PLAIN_PLATFORM, type Platform } from "./http/platform.ts";
import { serve } from "./http/serve.ts";
import type { StreamEnd } from "./http/stream-ending.ts";
import type { StreamOptions } from "./http/stream-options.ts";

/** Every client is slow for a moment, and a shorter life would be spent on coming back; in milliseconds. */
const SHORTEST = 100;

/** How a hub is made. Every option has a default. */
export interface HubOptions {
  /** Where events are kept. `memoryLog()` by default. The hub closes it when it is closed. */
  readonly log?: Log;
  /** The longest silence of a stream. 15 s by default, 8 s on Bun. At least 100 ms. */
  readonly heartbeat?: Duration;
  /** When clients come back after a cut: each is given its own time in this range. 1 to 5 s by default. */
  readonly retry?: { readonly min: Duration; readonly max: Duration };
  /** Of an event's data, and of a change's topics, in bytes of UTF-8. 65,536 by default. */
  readonly maxEventBytes?: number;
  /** Events in one batch. 1,000 by default. */
  readonly maxBatch?: number;
  /** Topics and patterns of one subscription. 100 by default. */
  readonly maxTopics?: number;
  /** How long nothing may drain from a stream whose client does not read, before it is cut: at least 100 ms, 30 s by default. */
  readonly stall?: Duration;
  /** What may be buffered for all who do not keep up, in bytes: beyond it the furthest behind is cut. 256 MiB by default. */
  readonly bufferBudget?: number;
  /** Pages of the log that are read at a time for those who resume or catch up. 32 by default. */
  readonly replays?: number;
  /** On connections and on the rate of publishing, in all, per address and per principal. None by default. */
  readonly limits?: HubLimits;
  /**
   * How long a connection lasts, at least 100 ms; each up to a fifth shorter or longer, at random. Then it is ended
   * gently: its client is told when to come back, and resumes. For ever by default.
   */
  readonly maxLifetime?: Duration;
  /** When new streams are refused because the event loop is late. `{ delay: 250, after: "5s" }` by default. */
  readonly shed?: Shedding | false;
  /** Told of what fails inside. Silent by default. */
  readonly logger?: Logger;
  /** The clock, the chance and the event loop. For tests that replay a run. */
  readonly runtime?: Runtime;
}

/** A hub: publish to topics, and serve streams of them. `Events` names the events and the types of their data. */
export interface Hub<Events = Record<string, unknown>> {
  /**
   * Publishes an event to a topic, or to several: a subscriber of both gets it once. Resolves when it is in the log.
   *
   * @throws HubError (rejects) if it is refused: `bad-topic`, `bad-event`, `bad-data`, `bad-key`, `event-too-large`,
   * `private-without-authentication`, `rate-limited`, `conflict`, `closed`
   * @param by whom it is counted for, where there are limits on the rate. `{}` by default: then the rate of all together
   */
  publish(topic: string | readonly string[], publication: Publication<Events>, by?: Party): Promise<Published>;
  /** Publishes several events, next to each other, or none of them. */
  publishBatch(publications: readonly Addressed<Publication<Events>>[], by?: Party): Promise<Published[]>;
  /**
   * Serves a stream to a request of Node's `http`, `https` or `http2`, or of Express, Fastify (`req.raw`, after
   * `reply.hijack()`) and Koa (`ctx.req`, with `ctx.respond = false`). Resolves with how the stream ended.
   *
   * @throws HubError (rejects) `bad-option` without topics, `bad-topic`, `bad-from`
   */
  serve(req: NodeRequest, res: NodeResponse, options: StreamOptions): Promise<StreamEnd>;
  /**
   * Answers a `Request` with a stream: Hono, Next, Bun, Deno, edge workers. Rejects as `serve` does. The chunks of the
   * body are shared with other subscribers: whoever reads them in this process must not write to them or transfer them.
   */
  fetch(request: Request, options: StreamOptions): Promise<Response>;
  /**
   * Changes what an open stream brings. Its name is in its opening frame, if it was served with `changes` to a client that
   * names itself. Resolves with a cursor: from exactly there on the stream brings what was added and nothing more of what
   * was removed, however late it is. To add what is there, and to remove what is not, is no error.
   *
   * A name is a secret of the client's. Which topics that client may have is for you to say: check `add` as you check the
   * `topics` of `serve`.
   *
   * @param by whose rate of publishing it counts for
   * @throws HubError (rejects) if it is refused, and then nothing was changed: `unknown-stream`, `bad-topic`,
   * `too-many-topics`, `bad-request` for a topic that is both added and removed, `event-too-large`, `rate-limited`,
   * `closed`. `log-failed`: it may have been changed; do it again.
   */
  change(stream: string, change: StreamChange, by?: Party): Promise<{ readonly id: string }>;
  /** What the hub is doing, and has done since it was made. */
  stats(): HubStats;
  /**
   * Ends the hub. From now on `publish` rejects with `closed`. What was published before is delivered to all who can
   * take it in half of the drain time, 10 s by default; then every stream is told when to come back and ends, and the
   * log is closed. What has not ended by the drain time is cut.
   */
  close(options?: { readonly drain?: Duration }): Promise<void>;
  /** Whether `close` was called. */
  readonly closed: boolean;
  /** The most events that a batch may have. */
  readonly maxBatch: number;
}

/**
 * Makes a hub.
 *
 * @throws HubError `bad-option`
 */
export function createHub<Events = Record<string, unknown>>(options: HubOptions = {}): Hub<Events> {
  return composeHub<Events>(options, () => PLAIN_PLATFORM);
}

/** Makes a hub on a platform that is made for it. */
export function composeHub<Events>(
  options: HubOptions,
  platformFor: (settings: EngineSettings) => Platform,
): Hub<Events> {
  const retry = {
    min: milliseconds(options.retry?.min ?? "1s", "retry.min"),
    max: milliseconds(options.retry?.max ?? "5s", "retry.max"),
  };
  if (retry.min > retry.max) throw new HubError("bad-option", "retry.min is at most retry.max");
  const settings: EngineSettings = {
    log: options.log ?? memoryLog(),
    logger: options.logger ?? noLogger,
    runtime: options.runtime ?? systemRuntime(),
    heartbeat: heartbeatInterval(options.heartbeat),
    retry,
    maxEventBytes: atLeastOne(options.maxEventBytes ?? 65_536, "maxEventBytes"),
    maxBatch: atLeastOne(options.maxBatch ?? 1_000, "maxBatch"),
    maxTopics: atLeastOne(options.maxTopics ?? 100, "maxTopics"),
    stall: milliseconds(options.stall ?? "30s", "stall", SHORTEST),
    bufferBudget: atLeastOne(options.bufferBudget ?? 256 * 1024 * 1024, "bufferBudget"),
    replays: atLeastOne(options.replays ?? 32, "replays"),
    limits: checkLimits(options.limits ?? {}),
    maxLifetime:
      options.maxLifetime === undefined ? undefined : milliseconds(options.maxLifetime, "maxLifetime", SHORTEST),
    shed: checkShedding(options.shed ?? {}),
  };
  const platform = platformFor(settings);
  const engine = new Engine(settings);
  // The types of an event map are for the one who publishes; what comes in is checked all the same.
  const publish = (publications: readonly Addressed<unknown>[], by: Party = {}): Promise<Published[]> =>
    engine.publish(publications as readonly Addressed<UntypedPublication>[], by);
  return {
    async publish(topic, publication, by) {
      const [published] = await publish([{ ...publication, topic }], by);
      if (published === undefined) throw new HubError("log-failed", "The log did not answer for the event");
      return published;
    },
    publishBatch: publish,
    serve: (req, res, streamOptions) => serve(engine, platform, req, res, streamOptions),
    fetch: (request, streamOptions) => fetchStream(engine, platform, request, streamOptions),
    change: async (stream, change, by = {}) => ({ id: await engine.change(stream, change, by) }),
    stats: () => engine.stats(),
    close: ({ drain = "10s" } = {}) => engine.close(drain),
    maxBatch: engine.maxBatch,
    get closed() {
      return engine.closed;
    },
  };
}
