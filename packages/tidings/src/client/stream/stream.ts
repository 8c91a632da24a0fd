import { createParser } from "../../wire/parse.ts";
import type { ParsedEvent, Parser } from "../../wire/parser.ts";
import { ClientError } from "../error.ts";
import { BackOff, type RetryOptions } from "./back-off.ts";
import { type Clock, systemClock } from "./clock.ts";
import { listenToPage } from "./page-events.ts";
import { asClientError, request } from "./request.ts";

/** What a stream is asked for, and how it is kept. */
export interface StreamOptions {
  /** Asked at every attempt. Absolute, unless a document or a worker gives a base. */
  readonly url: () => string;
  /** Asked at every attempt, so that a token may be fresh. If it fails, so does the attempt. */
  readonly headers?: (() => HeadersInit | undefined | Promise<HeadersInit | undefined>) | undefined;
  /** Default `GET`. */
  readonly method?: (() => string) | undefined;
  readonly body?: (() => BodyInit | undefined) | undefined;
  /** Cookies and the like go to other origins, too. Default false. */
  readonly withCredentials?: boolean | undefined;
  /** Default: the global `fetch`, looked up at every attempt. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** Where to resume from. Default empty: from now on. */
  readonly lastEventId?: string | undefined;
  /** The largest event, and the longest line, in bytes; more ends the stream for good. Default 16 MiB. */
  readonly maxEventBytes?: number | undefined;
  readonly retry?: RetryOptions | undefined;
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
  /** It is closed: by `close()`, or after a failure for good. */
  closed?(): void;
}

/** `waiting`: for the next attempt. */
export type StreamState = "connecting" | "open" | "waiting" | "closed";

/** So many heartbeats may be missed. */
const HEARTBEATS = 2.5;

/** One stream of events over as many connections as it takes, each resuming after the last id of the one before. */
export class Stream {
  readonly #options: StreamOptions;
  readonly #listener: StreamListener;
  readonly #clock: Clock;
  readonly #backOff: BackOff;
  #state: StreamState = "closed";
  /** Ends what is listened to from `open` to `close`. */
  #life = new AbortController();
  /** Ends the connection. */
  #connection = new AbortController();
  #parser: Parser | undefined;
  #openedAt = Infinity;
  /** Whether this connection brought an event. */
  #brought = false;
  /** The longest silence that is borne. */
  #patience: number;
  /** By the wall clock: when to connect again, or when the connection will have been silent for too long. */
  #deadline = Infinity;
  #cancelTimer: (() => void) | undefined;
  /** What the next attempt resumes from. */
  lastEventId: string;

  constructor(options: StreamOptions, listener: StreamListener) {
    this.#options = options;
    this.#listener = listener;
    this.#clock = options.clock ?? systemClock(options.holdsProcess !== false);
    this.#backOff = new BackOff(options.retry ?? {}, options.random ?? Math.random);
    this.#patience = options.maxSilence ?? Infinity;
    this.lastEventId = options.lastEventId ?? "";
  }

  /** Closed until `open()`. */
  get state(): StreamState {
    return this.#state;
  }

  /** How long to wait before an attempt, in ms, but for back-off: what the server's last `retry:` said. */
  get reconnectionTime(): number {
    return this.#backOff.reconnectionTime;
  }

  /** Connects, if it is closed. */
  open(): void {
    if (this.#state !== "closed") return;
    this.#life = new AbortController();
    const page = {
      offline: () => {
        if (this.#state !== "waiting") this.#lose(new ClientError("offline", "There is no network"));
      },
      online: () => {
        if (this.#state === "waiting" && this.#deadline < Infinity) this.#connect();
        else this.#look(false);
      },
      pause: () => this.#lose(new ClientError("paused", "The page is hidden")),
      wake: () => {
        if (this.#state === "waiting" && this.#deadline === Infinity) this.#connect();
        else this.#look(false);
      },
    };
    listenToPage(page, this.#options.pauseWhenHidden === true, this.#life.signal);
    this.#connect();
  }

  /** Drops the connection, or does not wait any more, and connects anew at once. Does nothing if it is closed. */
  reconnect(): void {
    if (this.#state !== "closed") this.#connect();
  }

  /** Drops the connection for good. No more events, from inside of a handler neither. */
  close(): void {
    if (this.#state === "closed") return;
    this.#drop();
    this.#end();
    this.#listener.closed?.();
  }

  /** Forgets the line and the event that have begun: what comes next is the start of a stream. */
  reset(): void {
    if (this.#parser !== undefined) this.#parse();
  }

  #drop(): void {
    this.#cancelTimer?.();
    this.#connection.abort();
    this.#parser?.close();
    this.#parser = undefined;
  }

  #connect(): void {
    this.#drop();
    this.#state = "connecting";
    this.#brought = false;
    this.#openedAt = Infinity;
    this.#connection = new AbortController();
    this.#setDeadline(this.#patience);
    void this.#run(this.#connection.signal);
  }

  async #run(signal: AbortSignal): Promise<void> {
    try {
      const response = await request(this.#options, this.lastEventId, signal);
      const reader = response.body?.getReader();
      // For a `fetch` that takes no signal.
      const leave = (): void => void reader?.cancel().catch(() => undefined);
      if (signal.aborted) return leave();
      signal.addEventListener("abort", leave);
      this.#state = "open";
      this.#openedAt = this.#clock.now();
      this.#parse();
      this.#listener.opened(response);
      while (!signal.aborted) {
        this.#deadline = this.#clock.now() + this.#patience;
        const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
        if (signal.aborted) return;
        if (done) throw new ClientError("ended", "The server ended the stream");
        this.#parser?.feed(value);
        this.lastEventId = this.#parser?.lastEventId ?? this.lastEventId;
        this.#listener.settled?.();
      }
    } catch (error) {
      if (!signal.aborted) this.#lose(asClientError(error, "network"));
    }
  }

  #parse(): void {
    this.#parser?.close();
    const { maxEventBytes } = this.#options;
    this.#parser = createParser({
      lastEventId: this.lastEventId,
      maxEventBytes,
      maxLineBytes: maxEventBytes,
      onRetry: (ms) => (this.#backOff.announced = ms),
      onEvent: (event) => {
        this.#brought = true;
        this.lastEventId = event.lastEventId;
        if (event.event === "tidings:cursor") this.#heartbeat(event.data);
        this.#listener.event(event);
      },
    });
  }

  /** The opening frame of a hub says how often it sends something. */
  #heartbeat(opening: string): void {
    const heartbeat = Number(/"heartbeat":(\d+)/.exec(opening)?.[1]);
    if (heartbeat > 0) this.#setDeadline((this.#patience = heartbeat * HEARTBEATS));
  }

  #lose(error: ClientError): void {
    // A server that ends each stream after a few events is polled: that is no failure.
    const healthy = this.#brought && error.code === "ended";
    this.#backOff.recover(healthy ? Infinity : this.#clock.now() - this.#openedAt);
    const retryIn = error.code === "paused" ? Infinity : this.#backOff.next(error);
    this.#drop();
    if (retryIn === undefined) this.#end();
    else {
      this.#state = "waiting";
      this.#setDeadline(retryIn);
    }
    this.#listener.failed(error, retryIn);
    if (retryIn === undefined) this.#listener.closed?.();
  }

  #end(): void {
    this.#state = "closed";
    this.#life.abort();
  }

  #setDeadline(ms: number): void {
    this.#deadline = this.#clock.now() + ms;
    this.#ringIn(ms);
  }

  #ringIn(ms: number): void {
    this.#cancelTimer?.();
    this.#cancelTimer = ms < Infinity ? this.#clock.after(ms, () => this.#look(true)) : undefined;
  }

  /** Looks whether something is due. `rang`: the timer says so, and the clock may have been set back. */
  #look(rang: boolean): void {
    const left = this.#deadline - this.#clock.now();
    if (this.#state === "waiting") {
      if (rang || left <= 0) this.#connect();
    } else if (left <= 0) this.#lose(new ClientError("silent", `Nothing came for ${this.#patience} ms`));
    // Bytes came since the timer was set. It is set again only here, not for every chunk.
    else if (rang) this.#ringIn(Math.min(left, this.#patience));
  }
}
