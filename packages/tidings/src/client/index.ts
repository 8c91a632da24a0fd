// The entry of `tidings/client`: what the browser's EventSource lacks, and one connection for everything.
export { connect } from "./connect/connect.ts";
export type { ConnectOptions, CursorStore, Token } from "./connect/options.ts";
export type {
  ClientPublication,
  Delivered,
  Inspection,
  Notice,
  Parse,
  PublishAnswer,
  Status,
  SubscribeOptions,
  Tidings,
  TopicOptions,
} from "./connect/tidings.ts";
export { ClientError, type ClientErrorCode, type Problem } from "./error.ts";
export { EventSource, type EventSourceErrorEvent, type EventSourceEvents } from "./event-source/event-source.ts";
export type { EventSourceOptions } from "./event-source/options.ts";
export type { RetryOptions } from "./stream/back-off.ts";
export type { Clock } from "./stream/clock.ts";
