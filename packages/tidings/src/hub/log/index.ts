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
export { topicFilter, type TopicFilter } from "../topic-filter.ts";
export { HubError, type HubErrorCode } from "../error.ts";
export { logContract, type ContractCase } from "./contract.ts";
