import { createMarklessDecoder } from "../../wire/decode.ts";
import { createParserWith } from "../../wire/parse.ts";
import type { ParsedEvent, ParserOptions } from "../../wire/parser.ts";
import { ClientError } from "../error.ts";
import { DEFAULT_TIME, type RetryOptions, waitAfter } from "./back-off.ts";
import { type Clock, systemClock } from "./clock.ts";
import { isHidden, listenToPage } from "./page-events.ts";
import { createEventLimit } from "./event-limit.ts";
import { asClientError, request } from "./request.ts";

/** What a stream is asked for, and how it is kept. */
export interface StreamOptions {
  /** Asked at every attempt. Absolute, unless a document or a worker gives a base. */
  readonly url: () => string;
  /** Asked at every attempt, so that a token may be fresh. If it fails, so does the attempt. */
  readonly headers?: HeadersInit | (() => HeadersInit | undefined | Promise<HeadersInit | undefined>) | undefined;
  /** Default `GET`. */
  readonly method?: string | (() => string | undefined) | undefined;
  /** Not a stream: it could be sent only once. */
  readonly body?: BodyInit | (() => BodyInit | undefined) | undefined;
  /** Cookies and the like go to other origins, too. Default false. */
  readonly withCredentials?: boolean | undefined;
  /** Default: the global `fetch`, looked up at every attempt. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** Where to resume from. Default empty: from now on. */
  readonly lastEventId?: string | undefined;
  /** The largest event, in bytes, to within a chunk of the network's; more ends the stream for good. Default 16 MiB. */
  readonly maxEventBytes?: number | undefined;
  readonly retry?: RetryOptions | undefined;
  /** Closes it; it is not opened any more. */
  readonly signal?: AbortSignal | undefined;
  /**
   * The longest silence, in ms, before a connection is taken for dead: until its head comes, and between any two chunks of
   * bytes. Default: endless, until a server announces its heartbeat; from then on 2.5 heartbeats.
   */
  readonly maxSilence?: number | undefined;
  /** Drops the connection while the page is hidden. Default false. */
  readonly pauseWhenHidden?: boolean | undefined;
  /** Whether a timer keeps a Node process alive. Default true. */
  readonly holdsProcess?: boolean | undefined;
  /** Default: the system's. */
  readonly clock?: Clock | undefined;
  /** From 0 to 1, for the back-off. Default `Math.random`. */
  readonly random?: (() => number) | undefined;
}

/** Who is told. MUST NOT throw: that would count as a broken connection. */
export interface StreamListener {
  opened(response: { readonly url: string; readonly status: number; readonly headers: Headers }): void;
  /** Every event, those of the hub's own (`tidings:…`) too; the stream's `lastEventId` is that of this event already. */
  event(event: ParsedEvent): void;
  /** All events of one chunk of bytes were handed on. */
  settled?(): void;
  /**
   * The connection is lost, or was refused. `retryIn`: the next attempt, in ms; Infinity: when the page is back;
   * undefined: there is none, the stream is closed.
   */
  failed(error: ClientError, retryIn: number | undefined): void;
}

/** `waiting`: for the next attempt. */
type StreamState = "connecting" | "open" | "waiting" | "closed";

/** One stream of events over as many connections as it takes, each resuming after the last id of the one before. */
export interface Stream {
  /** Closed until `open()`. */
  readonly state: StreamState;
  /** How long to wait before an attempt, in ms, but for back-off: what the server's last `retry:` said. */
  readonly reconnectionTime: number;
  /** What the next attempt resumes from. */
  lastEventId: string;
  /** Connects, if it is closed. */
  open(): void;
  /** Drops the connection, or does not wait any more, and connects anew at once. Does nothing if it is closed. */
  reconnect(): void;
  /** Drops the connection for good. No more events, from inside of a handler neither. */
  close(): void;
  /** Forgets the line and the event that have begun: what comes next is the start of a stream. */
  reset(): void;
}

/** So many heartbeats may be missed. */
const HEARTBEATS = 2.5;

/** Makes a stream, which is closed until it is opened. */
export function createStream(options: StreamOptions, listener: StreamListener): Stream {
  const {
    retry = {},
    random = Math.random,
    signal: stop,
    clock = systemClock(options.holdsProcess !== false),
  } = options;
  let state: StreamState = "closed";
  /** Ends what is listened to from `open` to the end. */
  let life: AbortController | undefined;
  let connection: AbortController | undefined;
  let parser: ReturnType<typeof createParserWith> | undefined;
  /** The one that is being fed: between two events, so there is nothing that it could forget. */
  let feeding: typeof parser;
  let openedAt = Infinity;
  /** Whether this connection brought an event, other than the hub's own. */
  let brought = false;
  /** In a row. */
  let failures = 0;
  /** What the server's `retry:` said. */
  let announced: number | undefined;
  /** The longest silence that is borne. */
  let patience = options.maxSilence ?? Infinity;
  /** By the wall clock: when to connect again, or when the connection will have been silent for too long. */
  let deadline = Infinity;
  /** By the wall clock: what the newest Retry-After asked for. */
  let earliest = 0;
  let cancelTimer: (() => void) | undefined;

  function drop(): void {
    cancelTimer?.();
    connection?.abort();
    parser?.close();
    parser = undefined;
  }

  function end(): void {
    drop();
    state = "closed";
    life?.abort();
  }

  function connect(): void {
    drop();
    state = "connecting";
    brought = false;
    openedAt = Infinity;
    connection = new AbortController();
    setDeadline(patience);
    void run(connection.signal);
  }

  async function run(signal: AbortSignal): Promise<void> {
    try {
      if (mustPause()) throw new ClientError("paused");
      const response = await request(options, signal, stream.lastEventId);
      const reader = (response.body as ReadableStream<Uint8Array>).getReader();
      // For a `fetch` that takes no signal.
      const leave = (): unknown => reader.cancel().catch(() => undefined);
      if (signal.aborted) return void leave();
      signal.addEventListener("abort", leave);
      state = "open";
      openedAt = clock.now();
      parse();
      listener.opened(response);
      while (!signal.aborted) {
        deadline = clock.now() + patience;
        const { done, value } = await reader.read();
        if (signal.aborted) return;
        if (done) throw new ClientError("ended");
        feeding = parser;
        parser?.feed(value);
        feeding = undefined;
        listener.settled?.();
      }
    } catch (error) {
      if (!signal.aborted) lose(asClientError(error));
    }
  }

  function parse(): void {
    parser?.close();
    const limit = createEventLimit(options.maxEventBytes ?? 2 ** 24);
    const parsed: ParserOptions = {
      onRetry: (ms) => (announced = ms),
      onEvent(event) {
        const isHubs = event.event.startsWith("tidings:");
        brought ||= !isHubs;
        // The opening frame of a hub says how often it sends something.
        const heartbeat = isHubs && /"heartbeat":(\d+)/.exec(event.data)?.[1];
        if (heartbeat) setDeadline((patience = +heartbeat * HEARTBEATS));
        listener.event(event);
      },
    };
    parser = createParserWith(limit, parsed, createMarklessDecoder(), stream);
  }

  function lose(error: ClientError): void {
    // A server that ends each stream after a few events is polled: that is no failure.
    if ((brought && error.code === "ended") || clock.now() - openedAt >= (retry.healthyAfter ?? 10_000)) failures = 0;
    if (error.retryAfter) earliest = clock.now() + error.retryAfter;
    const retryIn = error.code === "paused" ? Infinity : waitAfter(error, failures++, announced, random(), retry);
    // What the system says of its network is never the end: what is read may come from elsewhere.
    if (retryIn === undefined) {
      if (error.code === "offline") return;
      end();
    } else {
      drop();
      state = "waiting";
      setDeadline(retryIn);
    }
    listener.failed(error, retryIn);
  }

  function setDeadline(ms: number): void {
    deadline = clock.now() + ms;
    cancelTimer?.();
    cancelTimer = ms < Infinity ? clock.after(ms, () => look(true)) : undefined;
  }

  /** Looks whether something is due. `rang`: the timer says so, and the clock may have been set back. */
  function look(rang: boolean): void {
    const left = deadline - clock.now();
    if (state === "waiting") {
      if (rang || left <= 0) connect();
    } else if (left <= 0) lose(new ClientError("silent"));
    // Bytes came since the timer was set. It is set again only here, not for every chunk.
    else if (rang) setDeadline(Math.min(left, patience));
  }

  function mustPause(): boolean | undefined {
    return options.pauseWhenHidden && isHidden();
  }

  function hear({ type }: Event): void {
    const isPaused = state === "waiting" && deadline === Infinity;
    // Whether it will be cached or not: an open connection can be why it will not.
    if (type === "pagehide" || mustPause()) {
      if (!isPaused) lose(new ClientError("paused"));
    } else if (type === "offline") {
      if (state !== "waiting") lose(new ClientError("offline"));
    } else if (type !== "visibilitychange" || !isHidden()) {
      // A pause is over when the page is back, and any other wait when the network is.
      if (state === "waiting" && isPaused !== (type === "online"))
        setDeadline(Math.min(deadline, earliest) - clock.now());
      look(false);
    }
  }

  const stream: Stream = {
    lastEventId: options.lastEventId ?? "",
    get state() {
      return state;
    },
    get reconnectionTime() {
      return announced ?? retry.base ?? DEFAULT_TIME;
    },
    open() {
      if (state !== "closed" || stop?.aborted) return;
      life = new AbortController();
      stop?.addEventListener("abort", end, life);
      listenToPage(hear, life);
      connect();
    },
    reconnect() {
      if (state !== "closed") connect();
    },
    close: end,
    reset() {
      if (parser !== feeding) parse();
    },
  };
  return stream;
}
