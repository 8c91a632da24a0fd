// The entry of `tidings/client`: what the browser's EventSource lacks.
export { ClientError, type ClientErrorCode, type Problem } from "./error.ts";
export { EventSource, type EventSourceErrorEvent, type EventSourceEvents } from "./event-source/event-source.ts";
export type { EventSourceOptions } from "./event-source/options.ts";
export type { RetryOptions } from "./stream/back-off.ts";
export type { Clock } from "./stream/clock.ts";
