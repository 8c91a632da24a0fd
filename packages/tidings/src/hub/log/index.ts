// The entry of `tidings/log`: the port for those who write a log, and the contract that it must pass.
export type {
  Appended,
  Audience,
  Draft,
  Durability,
  Ends,
  Entry,
  Followed,
  IdempotencyKey,
  Log,
  Page,
  PageLimit,
  Position,
  Range,
  Reset,
} from "./log.ts";
export { formatCursor, parseCursor } from "../cursor.ts";
export { topicFilter, type TopicFilter } from "../topic-filter.ts";
export { HubError, type HubErrorCode } from "../error.ts";
export { milliseconds, type Duration } from "../duration.ts";
export { atLeastOne } from "../count.ts";
export { noLogger, type Logger } from "../logger.ts";
export { systemRuntime, type Runtime } from "../runtime.ts";
export { DedupeWindow } from "./dedupe-window.ts";
export { MemoryFollowers } from "./memory-followers.ts";
export { logContract } from "./contract.ts";
export type { ContractCase, ContractOptions, OpenLog, Survival } from "./contract/case.ts";
