// Stands in until part *stream*'s own comes: types alone.
import type { ClientError } from "../error.ts";
import type { ParsedEvent } from "../../wire/parser.ts";

export interface Clock {
  now(): number;
  after(ms: number, task: () => void): () => void;
}

export interface RetryOptions {
  readonly floor?: number;
}

export interface StreamOptions {
  readonly url: () => string;
  readonly headers?: (() => HeadersInit | Promise<HeadersInit>) | undefined;
  readonly method?: (() => string) | undefined;
  readonly body?: (() => BodyInit | undefined) | undefined;
  readonly withCredentials?: boolean | undefined;
  readonly fetch?: typeof globalThis.fetch | undefined;
  readonly lastEventId?: string | undefined;
  readonly maxEventBytes?: number | undefined;
  readonly retry?: RetryOptions | undefined;
  readonly pauseWhenHidden?: boolean | undefined;
  readonly holdsProcess?: boolean | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: (() => number) | undefined;
}

export interface StreamListener {
  opened(response: { url: string; status: number; headers: Headers }): void;
  event(event: ParsedEvent): void;
  settled?(): void;
  failed(error: ClientError, retryIn: number | undefined): void;
  closed?(): void;
}

export declare class Stream {
  constructor(options: StreamOptions, listener: StreamListener);
  readonly state: "connecting" | "open" | "waiting" | "closed";
  lastEventId: string;
  open(): void;
  reconnect(): void;
  close(): void;
}
