import type { StreamOptions } from "../stream/stream.ts";

/** What an `EventSource` may be told beyond the standard's `withCredentials`. */
export type EventSourceOptions = Omit<StreamOptions, "url">;
