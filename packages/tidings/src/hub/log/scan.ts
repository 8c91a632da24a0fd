import type { TopicFilter } from "../topic-filter.ts";
import type { Entry } from "./log.ts";

/** What a page may cost that looks at one entry after another, in comparisons of a topic with a pattern. */
const PAGE_COST = 4_096;

/**
 * Goes through entries for a filter with patterns, as far as one page may cost. Exact topics are looked up instead, each
 * at its own place.
 *
 * @param at the entry at an offset
 * @param end the last offset to look at
 * @param found takes an entry that is asked for; answers whether the page takes no more
 * @returns the offset that was looked at last
 */
export function scan(
  filter: TopicFilter,
  at: (offset: number) => Entry | undefined,
  after: number,
  end: number,
  found: (entry: Entry) => boolean,
): number {
  let cost = 0;
  let offset = after;
  while (offset < end && cost < PAGE_COST) {
    const entry = at(++offset);
    if (entry === undefined) continue;
    cost += entry.topics.length * filter.cost;
    if (filter.matches(entry.topics) && found(entry)) break;
  }
  return offset;
}
