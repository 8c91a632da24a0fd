import type { ClientError } from "../error.ts";
import { absolute } from "../stream/request.ts";
import { createStream, type Stream } from "../stream/stream.ts";
import type { EventSourceOptions } from "./options.ts";

/** An `error` event, and why. A server's own event of that name is a `MessageEvent`, and has `data`. */
export interface EventSourceErrorEvent extends Event {
  readonly error?: ClientError;
  /** The next attempt, in ms; undefined: there is none, it is closed. */
  readonly retryIn?: number | undefined;
}

/** The events of the connection itself. */
export interface EventSourceEvents {
  readonly open: Event;
  readonly message: MessageEvent<string>;
  readonly error: EventSourceErrorEvent;
}

type Name = keyof EventSourceEvents;
type Handler<Heard extends Name> = ((event: EventSourceEvents[Heard]) => unknown) | null;
type Listener<Heard extends Event> = ((event: Heard) => unknown) | { handleEvent(event: Heard): unknown };

/**
 * The standard's `EventSource` (HTML, section 9.2) over `fetch`, with the options that it lacks. A drop-in: in windows,
 * workers, Node, Bun and Deno. How it differs from the browser's own is in docs/client.md.
 */
// oxlint-disable-next-line typescript/no-unsafe-declaration-merging -- the types of its listeners alone
export interface EventSource {
  addEventListener<Heard extends Name>(
    type: Heard,
    listener: Listener<EventSourceEvents[Heard]> | null,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: Listener<MessageEvent<string>> | null,
    options?: boolean | AddEventListenerOptions,
  ): void;
  removeEventListener<Heard extends Name>(
    type: Heard,
    listener: Listener<EventSourceEvents[Heard]> | null,
    options?: boolean | EventListenerOptions,
  ): void;
  removeEventListener(
    type: string,
    listener: Listener<MessageEvent<string>> | null,
    options?: boolean | EventListenerOptions,
  ): void;
}
export class EventSource extends EventTarget {
  static readonly CONNECTING = 0;
  static readonly OPEN = 1;
  static readonly CLOSED = 2;

  /** As it was asked for, absolute: redirects do not change it. */
  readonly url: string;
  readonly withCredentials: boolean;
  readonly #stream: Stream;
  readonly #handlers: Record<string, unknown> = {};
  readonly #call = (event: Event): void => {
    (this.#handlers[event.type] as EventListener).call(this, event);
  };

  /**
   * Connects.
   *
   * @throws DOMException `SyntaxError`, if the URL cannot be parsed, relative to the document or the worker's script
   */
  constructor(url: string | URL, options: EventSourceOptions = {}) {
    super();
    const address = addressOf(String(url));
    let origin = "";
    this.url = address;
    this.withCredentials = Boolean(options.withCredentials);
    this.#stream = createStream(
      { ...options, url: () => address },
      {
        opened: (response) => {
          ({ origin } = new URL(response.url || address));
          this.dispatchEvent(new Event("open"));
        },
        event: ({ event, data, lastEventId }) =>
          void this.dispatchEvent(new MessageEvent(event, { data, lastEventId, origin })),
        failed: (error, retryIn) => {
          // A pause is no failure (whatwg/html#12381).
          if (error.code !== "paused") this.dispatchEvent(Object.assign(new Event("error"), { error, retryIn }));
        },
      },
    );
    this.#stream.open();
  }

  /**
   * Reads events from a stream of bytes instead of the network, as whatwg/html#12272 proposes. Its end is the end: an
   * `error`, and `CLOSED`.
   *
   * @throws TypeError if the stream is locked
   */
  static fromReadableStream(stream: ReadableStream<Uint8Array>): EventSource {
    const reader = stream.getReader();
    const response = {
      status: 200,
      headers: { get: () => "text/event-stream" },
      body: { getReader: () => reader },
    };
    return new EventSource("about:event-stream", {
      fetch: (() => response) as unknown as typeof fetch,
      retry: { retryable: () => false },
    });
  }

  get CONNECTING(): 0 {
    return 0;
  }
  get OPEN(): 1 {
    return 1;
  }
  get CLOSED(): 2 {
    return 2;
  }

  /** `CONNECTING`, also while it waits for the next attempt; `OPEN` or `CLOSED`. */
  get readyState(): 0 | 1 | 2 {
    const { state } = this.#stream;
    return state === "open" ? 1 : state === "closed" ? 2 : 0;
  }

  /** The last id that was received, which the next attempt resumes from (whatwg/html#12272). */
  get lastEventId(): string {
    return this.#stream.lastEventId;
  }

  /** The reconnection time, in ms (whatwg/html#12272). */
  get reconnectionTime(): number {
    return this.#stream.reconnectionTime;
  }

  get onopen(): Handler<"open"> {
    return this.#handler("open");
  }
  set onopen(handler: Handler<"open">) {
    this.#handle("open", handler);
  }
  get onmessage(): Handler<"message"> {
    return this.#handler("message");
  }
  set onmessage(handler: Handler<"message">) {
    this.#handle("message", handler);
  }
  get onerror(): Handler<"error"> {
    return this.#handler("error");
  }
  set onerror(handler: Handler<"error">) {
    this.#handle("error", handler);
  }

  /** Ends it for good. No event follows, not even of those that have come already. */
  close(): void {
    this.#stream.close();
  }

  /** Forgets the line and the event that have begun, so that another stream can follow (whatwg/html#12272). */
  reset(): void {
    this.#stream.reset();
  }

  #handler<Heard extends Name>(type: Heard): Handler<Heard> {
    return (this.#handlers[type] ?? null) as Handler<Heard>;
  }

  /** Another handler takes the place of the one before among the listeners: `#call` is added only once. */
  #handle(type: Name, handler: unknown): void {
    const isHandler = typeof handler === "function";
    this.#handlers[type] = isHandler ? handler : null;
    if (isHandler) this.addEventListener(type, this.#call);
    else this.removeEventListener(type, this.#call);
  }
}

function addressOf(url: string): string {
  try {
    return absolute(url).href;
  } catch {
    throw new DOMException(`Not a URL: ${url}`, "SyntaxError");
  }
}
