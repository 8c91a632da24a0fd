import type { Entry, TopicFilter } from "tidings/log";
import { KEPT_EVENTS, keptKey, topicKey, topicOf, TOPICS } from "./keys.ts";
import { readKept } from "./kept-event.ts";
import { offsetsBefore } from "./topic-offsets.ts";
import type { View } from "./view.ts";

/** How many topics are looked at before others have their turn. */
const TOPICS_AT_A_TIME = 256;

/**
 * The newest of each topic that a filter asks for, in order of offset, each once; see `Log.latest`.
 *
 * @param look makes the view show the newest commit again, after others had their turn
 */
export async function latestEntries(
  view: View,
  filter: TopicFilter,
  n: number,
  through: number,
  look: () => Promise<void>,
): Promise<Entry[]> {
  const newest = new Map<number, Entry>();
  const take = (topics: Iterable<string>): void => {
    for (const topic of topics) {
      for (const entry of latestOf(view, topic, n, through)) newest.set(entry.offset, entry);
    }
  };
  take(filter.topics);
  if (filter.patterns.length > 0) {
    for (const topics of matchingTopics(view, filter)) {
      take(topics);
      await new Promise((resolve) => setImmediate(resolve));
      await look();
    }
  }
  return [...newest.values()].toSorted((one, other) => one.offset - other.offset);
}

/** The newest entries of one topic up to an offset, the newest first; where the log has none at all, the kept one. */
function latestOf(view: View, topic: string, n: number, through: number): Entry[] {
  const entries: Entry[] = [];
  const floor = view.state.floor.offset;
  let none = true;
  let wanted = n;
  for (const offset of offsetsBefore(view, topic, view.state.head.offset)) {
    if (offset <= floor || wanted === 0) break;
    const found = view.locate(offset);
    const entry = "hole" in found ? undefined : found.entryAt(offset);
    // Where the topic's list is damaged, the entries of all topics are looked at.
    if (entry?.topics.includes(topic) === false) continue;
    none = false;
    if (offset > through) continue;
    wanted--;
    if (entry !== undefined) entries.push(entry);
  }
  if (!none) return entries;
  const bytes = view.environment.get(keptKey(topic));
  const kept = bytes === undefined ? undefined : readKept(bytes, view.environment.lastSize);
  return kept !== undefined && kept.offset <= through ? [kept] : [];
}

/** The topics that a filter's patterns match and `latestOf` may answer, in parts: there may be very many. */
function* matchingTopics(view: View, filter: TopicFilter): Generator<string[], void> {
  const matches = (topic: string): boolean => topic !== "" && filter.matches([topic]);
  yield [...view.tail.lists].map(([topic]) => topic).filter(matches);
  const { environment } = view;
  for (let { start } = TOPICS; ;) {
    const topics: string[] = [];
    let key: Uint8Array | undefined;
    for (let looked = 0; looked < TOPICS_AT_A_TIME; looked++) {
      key = environment.firstKey({ start, end: TOPICS.end });
      if (key === undefined) break;
      const topic = topicOf(key);
      if (matches(topic)) topics.push(topic);
      // Past all that this topic has.
      start = topicKey(topic, 2 ** 48 - 1);
    }
    yield topics;
    if (key === undefined) break;
  }
  for (let { start } = KEPT_EVENTS; ;) {
    const keys = environment.keys({ start, end: KEPT_EVENTS.end }, TOPICS_AT_A_TIME);
    yield keys.map(topicOf).filter(matches);
    const last = keys.at(-1);
    if (last === undefined) return;
    start = Buffer.concat([last, Buffer.of(0)]);
  }
}
