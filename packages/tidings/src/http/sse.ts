import type { Duration } from "../hub/duration.ts";
import { HubError } from "../hub/error.ts";
import { Heartbeat } from "../hub/heartbeat.ts";
import { isIterable } from "../hub/iterable.ts";
import { heartbeatFrame, openingFrame } from "../hub/notices.ts";
import { checkEventName, dataText } from "../hub/publication.ts";
import { randomBetween, systemRuntime } from "../hub/runtime.ts";
import { encodeEvent } from "../wire/encode.ts";
import { FetchSink } from "./fetch-sink.ts";
import { heartbeatInterval } from "./heartbeat-interval.ts";
import { onLeaving } from "./leaving.ts";
import { checkOrigins, streamHead } from "./stream-head.ts";
import { utf8 } from "./target.ts";

/** An event of a stream without a hub. */
export interface SseEvent {
  readonly event?: string | undefined;
  /** A text is sent as it is; anything else as JSON. */
  readonly data: unknown;
  /** What the client comes back with, as `lastEventId`. */
  readonly id?: string | undefined;
  /** When the client is to come back after the stream was cut, in milliseconds. */
  readonly retry?: number | undefined;
}

/** What a source is told of the client. */
export interface SseContext {
  /** The id that the client received last, or `""`. */
  readonly lastEventId: string;
  /** Aborted when the client has left. */
  readonly signal: AbortSignal;
}

type Events = AsyncIterable<SseEvent | string> | Iterable<SseEvent | string>;

/** The events of a stream: an iterable, or a function that makes one for this client. */
export type SseSource = Events | ((context: SseContext) => Events | Promise<Events>);

/** How a stream without a hub is sent. */
export interface SseOptions {
  /** The longest silence. 15 s by default, 8 s on Bun. At least 100 ms. */
  readonly heartbeat?: Duration;
  /** As for `hub.fetch`. */
  readonly origins?: readonly string[];
  /**
   * Told of an error that the source threw. The client only sees that the stream was cut, and comes back. By default it
   * goes to `console.error`: there is no one else who would hear of it.
   */
  readonly onError?: (error: unknown) => void;
}

/** The id of a stream that has come to its end: who comes back with it is told to stop. */
const END = "tidings-end";
const RETRY = { min: 1_000, max: 5_000 };
/** What is written before the event loop turns, in bytes. */
const TURN_BYTES = 65_536;
const runtime = systemRuntime();

/**
 * Answers a request with a stream of its own, without a hub. A client that leaves ends the iterator (`signal` first,
 * then `return`). When the iterator returns, a native `EventSource` is ended for good; when it throws, the client comes
 * back with its last id. Wants `Request` and `Response`.
 *
 * @throws HubError `bad-option`
 */
export function sse(request: Request, source: SseSource, options: SseOptions = {}): Response {
  const interval = heartbeatInterval(options.heartbeat);
  const headers = streamHead(request.headers.get("origin"), checkOrigins(options.origins ?? []));
  const lastEventId = readLastEventId(request);
  if (lastEventId === END) {
    const { "Content-Type": _, ...bodiless } = headers;
    return new Response(null, { status: 204, headers: bodiless });
  }
  if (request.method === "HEAD") return new Response(null, { headers });
  // oxlint-disable-next-line no-console -- what nobody else hears of
  const stream = new SseStream(options.onError ?? ((error) => console.error(error)));
  beatWith(interval, stream);
  stream.sink.write(openingFrame(undefined, randomBetween(runtime, RETRY.min, RETRY.max), { heartbeat: interval }));
  let left = false;
  onLeaving(request, () => {
    left = true;
    stream.sink.end();
  });
  if (!left) void stream.run(source, lastEventId);
  return new Response(stream.sink.body, { headers });
}

/** The id that the client received last: the header's beats the query's. Whatever it sent is no reason to fail. */
function readLastEventId(request: Request): string {
  const header = request.headers.get("last-event-id") ?? "";
  if (header === "") return new URL(request.url).searchParams.get("lastEventId") ?? "";
  try {
    return utf8(header);
  } catch {
    return header;
  }
}

/** The bytes of an event. An id or a name that the stream itself uses is refused. */
function frameOf(event: SseEvent | string): Uint8Array {
  if (typeof event === "string") return encodeEvent({ data: event });
  const { id, event: name, retry } = event;
  if (name !== undefined) checkEventName(name);
  if (id === END) throw new HubError("bad-event", `The id "${END}" is the stream's own`);
  return encodeEvent({ id, event: name, retry, data: dataText(event.data) });
}

/** One timer for all streams with the same heartbeat. */
const pulses = new Map<number, { streams: Set<SseStream>; heartbeat: Heartbeat }>();

function beatWith(interval: number, stream: SseStream): void {
  let pulse = pulses.get(interval);
  if (pulse === undefined) {
    const streams = new Set<SseStream>();
    pulses.set(interval, (pulse = { streams, heartbeat: new Heartbeat(interval, runtime, streams) }));
  }
  const { streams, heartbeat } = pulse;
  streams.add(stream);
  heartbeat.start();
  stream.onEnd = () => {
    streams.delete(stream);
    if (streams.size > 0) return;
    heartbeat.stop();
    pulses.delete(interval);
  };
}

class SseStream {
  readonly sink: FetchSink = new FetchSink();
  readonly #abort = new AbortController();
  readonly #onError: (error: unknown) => void;
  onEnd: (() => void) | undefined;
  #full = false;
  #wrote = false;
  #wake: (() => void) | undefined;

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
    this.sink.listen(this);
  }

  onDrain(): void {
    this.#full = false;
    this.#wake?.();
  }

  onClose(): void {
    this.#abort.abort();
    this.#wake?.();
    this.onEnd?.();
  }

  beat(): void {
    if (!this.#wrote && !this.#full) this.#write(heartbeatFrame(undefined));
    this.#wrote = false;
  }

  async run(source: SseSource, lastEventId: string): Promise<void> {
    const { signal } = this.#abort;
    let written = 0;
    let iterator: AsyncIterator<SseEvent | string> | Iterator<SseEvent | string> | undefined;
    try {
      const events = await (typeof source === "function" ? source({ lastEventId, signal }) : source);
      if (!isIterable<SseEvent | string>(events)) {
        throw new HubError("bad-option", "A source is an iterable of events, or a function that makes one");
      }
      iterator = Symbol.asyncIterator in events ? events[Symbol.asyncIterator]() : events[Symbol.iterator]();
      while (!signal.aborted) {
        const next = await this.#orClosed(iterator.next());
        if (next === undefined || signal.aborted) break;
        if (next.done) {
          iterator = undefined;
          this.#write(encodeEvent({ id: END, event: "tidings:end", retry: RETRY.min, data: "" }));
          this.sink.end();
          return;
        }
        const frame = frameOf(next.value);
        this.#write(frame);
        if (this.#full) await this.#orClosed(new Promise<void>((resolve) => (this.#wake = resolve)));
        written += frame.length;
        if (written < TURN_BYTES) continue;
        // A source that never waits, and a reader as fast, would leave the event loop nothing.
        written = 0;
        await this.#orClosed(new Promise<void>((resolve) => runtime.defer(resolve)));
      }
    } catch (error) {
      const left = signal.aborted;
      this.sink.end();
      if (!left) this.#onError(error);
    } finally {
      // Not awaited: a generator that waits for something runs its `finally` when that has come.
      void (async () => iterator?.return?.())().catch(() => undefined);
    }
  }

  #write(bytes: Uint8Array): void {
    this.#wrote = true;
    this.#full = !this.sink.write(bytes);
  }

  /** Waits, but not longer than the client. */
  async #orClosed<Value>(value: Value | PromiseLike<Value>): Promise<Value | undefined> {
    const { promise, resolve, reject } = Promise.withResolvers<Value | undefined>();
    const stop = (): void => resolve(undefined);
    if (this.#abort.signal.aborted) stop();
    this.#abort.signal.addEventListener("abort", stop, { once: true });
    Promise.resolve(value).then(resolve, reject);
    try {
      return await promise;
    } finally {
      this.#abort.signal.removeEventListener("abort", stop);
    }
  }
}
