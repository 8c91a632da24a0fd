import { distinct } from "./changes/check-change.ts";
import { HubError } from "./error.ts";
import { embedderSnapshot, latestSnapshot, type Snapshot, type SnapshotSource } from "./snapshot.ts";
import { topicFilter, type TopicFilter } from "./topic-filter.ts";
import { shown } from "../wire/fields.ts";

/** Where a subscriber without a cursor begins: the oldest event retained, the next one, or the newest N of each topic. */
export type From = "earliest" | "now" | `last:${number}`;

/** The most events of each topic that `last:N` may ask for. */
const MAX_LAST = 1_000;

/**
 * What happens to a subscriber that does not keep up, once its sink is full.
 *
 * - `reliable`: it gets everything, later.
 * - `latest`: it gets the newest event of each topic, and a `tidings:gap` with the reason `skipped` for what was passed
 *   over; also when it comes back with a cursor.
 * - `disconnect`: it is cut, and may come back with its cursor.
 */
export type Policy = (typeof POLICIES)[number];

const POLICIES = ["reliable", "latest", "disconnect"] as const;

/** What a subscriber asks for. */
export interface SubscriptionRequest {
  /** Topics and patterns. */
  readonly topics: readonly string[];
  /** The id that the client received last, as it came. */
  readonly cursor?: string | undefined;
  /** Where to begin without one. `now` by default. */
  readonly from?: string | undefined;
  /** Sent first to a subscriber without a valid cursor, and again after a gap or a reset. Takes the place of `from`. */
  readonly snapshot?: Snapshot | undefined;
  /** `reliable` by default. */
  readonly policy?: string | undefined;
  /** Whether the stream gets a name, by which its topics can be changed. */
  readonly named?: boolean | undefined;
}

/** A request that passed the checks. */
export interface Subscription {
  readonly filter: TopicFilter;
  readonly cursor: string | undefined;
  readonly earliest: boolean;
  readonly snapshot: SnapshotSource | undefined;
  readonly policy: Policy;
  /** The stream gets a name, by which its topics can be changed. */
  readonly named: boolean;
}

/**
 * Checks what a subscriber asks for.
 *
 * @param maxTopics of topics and patterns together
 * @throws HubError `bad-topic`, `too-many-topics`, `bad-from` or `bad-policy`
 */
export function checkSubscription(request: SubscriptionRequest, maxTopics: number): Subscription {
  const { topics, cursor, from, snapshot, policy } = request;
  if (Array.isArray(topics)) distinct(topics, maxTopics);
  const filter = topicFilter(topics);
  const last = lastOf(from);
  const given = snapshot === undefined ? undefined : embedderSnapshot(snapshot);
  return {
    filter,
    cursor,
    earliest: from === "earliest" && given === undefined,
    snapshot: given ?? (last === undefined ? undefined : latestSnapshot(last)),
    policy: policyOf(policy),
    named: request.named === true,
  };
}

/**
 * The policy of a name.
 *
 * @throws HubError `bad-policy`
 */
export function policyOf(name: string | undefined): Policy {
  if (name === undefined) return "reliable";
  const policy = POLICIES.find((known) => known === name);
  if (policy !== undefined) return policy;
  throw new HubError("bad-policy", `"policy" is ${POLICIES.join(", ")}, not ${shown(name)}`);
}

/** The N of `last:N`; throws for what is no place to begin. */
export function lastOf(from: string | undefined): number | undefined {
  if (from === undefined || from === "now" || from === "earliest") return undefined;
  const n = /^last:([1-9][0-9]{0,3})$/.exec(from)?.[1];
  if (n !== undefined && Number(n) <= MAX_LAST) return Number(n);
  throw new HubError("bad-from", `"from" is earliest, now, or last:N with N from 1 to ${MAX_LAST}, not ${shown(from)}`);
}
