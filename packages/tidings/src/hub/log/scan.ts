import type { TopicFilter } from "../topic-filter.ts";

/** How many comparisons with patterns a page may cost, and the fewest entries that it looks at. */
const COMPARISONS = 4_096;
const LEAST_SCAN = 64;
/** From so many topics on it costs less to look at every entry than at every topic's place. */
const MANY_TOPICS = 32;

/**
 * How many entries a page looks at, one after another, for a filter; `undefined` for one whose topics are better looked
 * up, each at its own place.
 */
export function entriesToScan({ topics, patterns }: TopicFilter): number | undefined {
  if (patterns.length === 0 && topics.length <= MANY_TOPICS) return undefined;
  return Math.max(LEAST_SCAN, Math.floor(COMPARISONS / Math.max(1, patterns.length)));
}
