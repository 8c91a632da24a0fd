import type { RetryOptions } from "../stream/back-off.ts";
import type { Clock } from "../stream/clock.ts";
import type { Notice, Parse, TopicOptions } from "./tidings.ts";

/** A bearer token, or what answers one: asked at every attempt, so that it is always fresh. */
export type Token = string | (() => string | Promise<string>);

/** Where the cursor outlives the page. It is loaded before the first connection. */
export interface CursorStore {
  load(): string | undefined | Promise<string | undefined>;
  /** Called after the events up to a cursor were handed on, once for all that came together. */
  save(cursor: string): void | Promise<void>;
}

/** How a client is set up. Every option has a default. */
export interface ConnectOptions {
  /** Sent as `Authorization: Bearer …`. After a 401 it is asked for once more. None by default. */
  readonly token?: Token | undefined;
  /** Further headers, or what answers them at every attempt. */
  readonly headers?: HeadersInit | (() => HeadersInit | Promise<HeadersInit>) | undefined;
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** Sends cookies to another origin, too. `false` by default. */
  readonly withCredentials?: boolean | undefined;
  /** For handlers that give none. `JSON.parse` by default. */
  readonly parse?: Parse | undefined;
  /** Told of every gap and reset, whoever's topics they concern. */
  readonly resync?: ((notice: Notice) => void | Promise<void>) | undefined;
  /** For handlers that do not say it. */
  readonly from?: TopicOptions["from"];
  readonly retry?: RetryOptions | undefined;
  /** How long a topic stays when the last who asked for it is gone, in ms. 1,000 by default. */
  readonly linger?: number | undefined;
  /**
   * One connection for all tabs of this origin that connect to the same URL with the same `user`. `true` by default,
   * where the page has Web Locks and BroadcastChannel; in workers and in Node each has its own.
   */
  readonly shareTabs?: boolean | undefined;
  /** Whose events these are. Tabs of different users share nothing: give it wherever a browser may change its user. */
  readonly user?: string | undefined;
  /** Memory by default. */
  readonly cursorStore?: CursorStore | undefined;
  /** Where to publish. By default `publish` beside the stream: `https://hub.example/events` has `https://hub.example/publish`. */
  readonly publishUrl?: string | URL | undefined;
  /** The largest event in bytes. 16 MiB by default. */
  readonly maxEventBytes?: number | undefined;
  /** Drops the connection while the page is hidden; then tabs share none. `false` by default. */
  readonly pauseWhenHidden?: boolean | undefined;
  /** Closes it. */
  readonly signal?: AbortSignal | undefined;
  /** Tells connection, events, retries and their reasons to `console.debug`, without payloads. `false` by default. */
  readonly debug?: boolean | undefined;
  /** For tests. */
  readonly clock?: Clock | undefined;
  /** For tests. */
  readonly random?: (() => number) | undefined;
}
