// The entry of `tidings`: the engine and the fronts, as one hub.
export { createHub, type Hub, type HubOptions } from "./create-hub.ts";
export { memoryLog, type MemoryLogOptions } from "./hub/log/memory-log.ts";
export { sse, type SseContext, type SseEvent, type SseOptions, type SseSource } from "./http/sse.ts";
export type { StreamOptions } from "./http/stream-options.ts";
export type { StreamEnd } from "./http/serve.ts";
export type { NodeRequest, NodeResponse, NodeSocket } from "./http/node-types.ts";
export { HubError, type HubErrorCode } from "./hub/error.ts";
export type { Duration } from "./hub/duration.ts";
export type { HubStats } from "./hub/engine.ts";
export type { Published } from "./hub/publisher.ts";
export type { Addressed, Publication, UntypedPublication } from "./hub/publication.ts";
export type { CloseReason } from "./hub/sink.ts";
export type { Snapshot, SnapshotEvent } from "./hub/snapshot.ts";
export type { From, Policy } from "./hub/subscription.ts";
export type { Durability, Log } from "./hub/log/log.ts";
export type { Logger } from "./hub/logger.ts";
export type { Runtime } from "./hub/runtime.ts";
