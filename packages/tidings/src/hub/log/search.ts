import type { TopicFilter } from "../topic-filter.ts";
import type { Entry } from "./log.ts";
import type { TopicOffsets } from "./topic-offsets.ts";

/** What a page may cost that looks at one entry after another, in comparisons of a topic with a pattern. */
const PAGE_COST = 4_096;

/** Entries by offset and by topic. */
export interface Searched {
  readonly byTopic: TopicOffsets;
  entryAt(offset: number): Entry | undefined;
}

/**
 * Looks for what a filter asks for. Exact topics are looked up, each at its own place: what other topics have costs
 * nothing. For patterns one entry after another is looked at, as far as one page may cost.
 *
 * @param after the offset before the first to look at
 * @param end the last one to look at
 * @param take is given each entry that is asked for; answers whether the page takes no more
 * @returns the offset that was looked at last
 */
export function search(
  filter: TopicFilter,
  entries: Searched,
  after: number,
  end: number,
  take: (entry: Entry) => boolean,
): number {
  if (filter.patterns.length > 0) return scan(filter, entries, after, end, take);
  for (const offset of entries.byTopic.after(filter.topics, after)) {
    const entry = offset > end ? undefined : entries.entryAt(offset);
    if (entry === undefined) break;
    if (take(entry)) return offset;
  }
  return end;
}

function scan(
  filter: TopicFilter,
  entries: Searched,
  after: number,
  end: number,
  take: (entry: Entry) => boolean,
): number {
  let cost = 0;
  let offset = after;
  while (offset < end && cost < PAGE_COST) {
    const entry = entries.entryAt(++offset);
    if (entry === undefined) continue;
    cost += entry.topics.length * filter.cost;
    if (filter.matches(entry.topics) && take(entry)) break;
  }
  return offset;
}
