import type { StreamOptions } from "../stream/stream.ts";

/** What an `EventSource` may be told beyond the standard's `withCredentials`. */
export interface EventSourceOptions extends Omit<StreamOptions, "url" | "headers" | "method" | "body"> {
  /** Or a function, asked at every attempt: for a token that expires. If it fails, it is asked again after the back-off. */
  readonly headers?: HeadersInit | (() => HeadersInit | undefined | Promise<HeadersInit | undefined>) | undefined;
  /** Default `GET`. */
  readonly method?: string | undefined;
  /** Or a function, asked at every attempt. Not a stream: it could be sent only once. */
  readonly body?: BodyInit | (() => BodyInit | undefined) | undefined;
}
