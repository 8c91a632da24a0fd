import type { ClientError } from "../error.ts";

/** An event as handlers get it. */
export interface Delivered<Data = unknown> {
  /** The first of its topics that the handler asked for. */
  readonly topic: string;
  /** All of its topics. */
  readonly topics: readonly string[];
  /** Its name; `message` where it had none. */
  readonly event: string;
  /** What `parse` made of the text. */
  readonly data: Data;
  /** Its data as it came. */
  readonly text: string;
  /** Its cursor, or `undefined` for an event of a snapshot. Opaque: compare for equality alone. */
  readonly id: string | undefined;
}

/** How the connection is. Immutable, and the same object until something changed. */
export interface Status {
  /**
   * `idle`: no topic is asked for. `replaying`: what was missed is coming. `live`: events come as they happen.
   * `waiting`: the connection is lost, the next attempt is at `retryAt`. `closed`: for good.
   */
  readonly state: "idle" | "connecting" | "replaying" | "live" | "waiting" | "closed";
  /** Why it waits or was closed. */
  readonly error: ClientError | undefined;
  /** When the next attempt is made, as `Date.now()` counts. */
  readonly retryAt: number | undefined;
  /** Whether this tab holds the connection of all tabs, hears from the one that does, or has its own. */
  readonly role: "alone" | "leader" | "follower";
}

/**
 * What the hub cannot vouch for. `gap`: events in `(after, through]` may be missing; `evicted` and `corrupt` speak of the
 * log, `skipped` of this client's own policy. `reset`: the history is another one.
 */
export type Notice =
  | { readonly kind: "gap"; readonly reason: string; readonly after: string; readonly through: string }
  | { readonly kind: "reset"; readonly reason: string };

/** Makes data of an event's text. */
export type Parse<Data = unknown> = (text: string, event: Omit<Delivered, "data">) => Data;

/** What a handler may ask for. */
export interface TopicOptions<Data = unknown> {
  /**
   * What it gets first: the newest N events of each topic, or the snapshot that the server gives to who comes without a
   * cursor. Nothing is missed and nothing comes twice between that and the events after it; after a gap or a reset it
   * comes again. By default a handler hears from now on.
   */
  readonly from?: `last:${number}` | "snapshot" | undefined;
  /** `JSON.parse` by default. What it throws is told to `onError` as `bad-data`, and the stream goes on. */
  readonly parse?: Parse<Data> | undefined;
  /** Told of gaps and resets, before the events that follow them: what was derived from events must be made anew. */
  readonly resync?: ((notice: Notice) => void | Promise<void>) | undefined;
  /** Ends it. */
  readonly signal?: AbortSignal | undefined;
  /** Told what concerns this handler alone: `bad-data`, `handler-failed`, and what the hub says against its topic. */
  readonly onError?: ((error: ClientError) => void) | undefined;
}

/** What an iterator may ask for. */
export interface SubscribeOptions<Data = unknown> extends TopicOptions<Data> {
  /** Events that may wait to be taken, 1,024 by default. Beyond it the iterator throws `overflow` after them. */
  readonly buffer?: number | undefined;
}

/** What is published. */
export interface ClientPublication {
  /** `message` without one. */
  readonly event?: string | undefined;
  /** A text is sent as it is; anything else as JSON. */
  readonly data: unknown;
  /** The same over all attempts. One is made where none is given. */
  readonly idempotencyKey?: string | undefined;
}

/** Where a published event is. */
export interface PublishAnswer {
  /** Its cursor. */
  readonly id: string;
  /** What the acknowledgement survives: `memory`, `commit`, `fsync`, `replicated`. */
  readonly durability: string;
  /** An attempt before was taken already. */
  readonly duplicate?: true;
}

/** What a client is doing, and has done since it was made. For people: fields may be added. */
export interface Inspection {
  /** Without its query. */
  readonly url: string;
  readonly status: Status;
  /** Topics and patterns that this client asks for, and how many handlers and iterators ask. */
  readonly topics: Readonly<Record<string, number>>;
  /** The cursor that the next connection resumes after. */
  readonly cursor: string;
  /** Connections that were opened. */
  readonly connections: number;
  /** Events that came. */
  readonly events: number;
  /** Events that came and had been handed on already. */
  readonly duplicates: number;
  readonly gaps: number;
  readonly resets: number;
  /** The newest errors, the last one last, at most 10. */
  readonly errors: readonly ClientError[];
}

/** Many topics on one connection. `Events` names the events and the types of their data. */
export interface Tidings<Events = Record<string, unknown>> {
  /**
   * Calls a handler for every event of a name, of a topic or of the topics of a pattern, in the order of the stream.
   * Answers what ends it.
   */
  on<Name extends keyof Events & string>(
    topic: string,
    event: Name,
    handler: (data: Events[Name], event: Delivered<Events[Name]>) => void,
    options?: TopicOptions<Events[Name]>,
  ): () => void;
  /** Calls a handler for every event of a topic, whatever its name. Answers what ends it. */
  onAny<Data = unknown>(
    topic: string,
    handler: (event: Delivered<Data>) => void,
    options?: TopicOptions<Data>,
  ): () => void;
  /**
   * The events of some topics, from now on, one after the other. Ends when it is returned from, left or aborted.
   *
   * @throws ClientError (at `next`) `overflow` if more events waited than the buffer takes, and why the connection was
   *   closed for good
   */
  subscribe<Data = unknown>(
    topic: string | readonly string[],
    options?: SubscribeOptions<Data>,
    // As `AsyncDisposable`, which would be `any` to a program whose `lib` does not know it, and all of this with it.
  ): AsyncIterableIterator<Delivered<Data>> & { [Symbol.asyncDispose](): PromiseLike<void> };
  /**
   * Publishes an event. Tries again, with the same idempotency key, on network errors, 5xx and 429.
   *
   * @throws ClientError (rejects) with the status and the problem of the answer
   */
  publish(
    topic: string | readonly string[],
    publication: ClientPublication,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<PublishAnswer>;
  /** How the connection is, as an external store: `getSnapshot` answers the same object until something changed. */
  readonly status: {
    /** Called after each change. Answers what ends it. */
    subscribe(listener: () => void): () => void;
    getSnapshot(): Status;
  };
  /** Counters and the last errors. */
  inspect(): Inspection;
  /** Drops the connection and makes it anew at once, with its cursor. */
  reconnect(): void;
  /** Ends it for good, in this tab. */
  close(): void;
  /** Ends it for good, in all tabs that share it. */
  logout(): void;
  [Symbol.dispose](): void;
}
