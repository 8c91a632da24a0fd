import type { FrameRecord } from "../logs/record.ts";
import { placeOf } from "./cursor.ts";
import type { History } from "./history.ts";
import { entitled } from "./topics.ts";

/** A snapshot of `last:n`, and what it stands for. */
export interface Latest {
  readonly history: History;
  readonly events: readonly FrameRecord[];
  readonly asked: readonly string[];
  readonly n: number;
  /** The offset of its position. */
  readonly through: number;
  /** When it was over, and through where retention had let go then. */
  readonly time: number;
  readonly evicted: number;
}

/**
 * What is wrong with a snapshot of the newest n events of each topic. Of what retention let go while it was made nothing
 * is said, but that each topic's newest event is kept.
 */
export function checkLatest({ history, events, asked, n, through, time, evicted }: Latest): string | undefined {
  const newest = newestOf(history, asked, through);
  const sent = new Set<number>();
  let last = 0;
  for (const { cursor = "", payload, topics } of events) {
    const place = placeOf(cursor);
    const entry = place === undefined ? undefined : history.entry(place.offset);
    if (place === undefined || entry?.tag !== place.tag) return `The snapshot has ${cursor}, which the log never had`;
    if (entry.payload !== payload || entry.topics.join() !== topics?.join()) {
      return `The snapshot has ${payload} for ${cursor}, which is ${entry.payload}`;
    }
    if (place.offset > through) return `The snapshot has ${cursor}, and it stands for what is through ${through}`;
    if (place.offset <= last) return `The snapshot has ${cursor} after ${last}`;
    const isNewest = entry.topics.some((topic) => newest.get(topic)?.slice(0, n).includes(place.offset));
    if (!isNewest) return `The snapshot has ${cursor}, which is of no topic among the newest ${n}`;
    last = place.offset;
    sent.add(last);
  }
  for (const [topic, offsets] of newest) {
    // A topic's newest is kept, unless a newer one has come, which follows the snapshot.
    const kept = hasNewer(history, topic, through, time) ? undefined : offsets[0];
    const due = offsets.slice(0, n).filter((offset) => offset > evicted || offset === kept);
    const missing = due.find((offset) => !sent.has(offset));
    if (missing !== undefined) return `The snapshot lacks ${missing}, of the newest ${n} of ${topic}`;
  }
  return undefined;
}

/** What was passed over, and the snapshot that follows. */
export interface Skipped {
  readonly history: History;
  readonly events: readonly FrameRecord[];
  readonly asked: readonly string[];
  readonly after: number;
  readonly through: number;
  /** When the snapshot was over, and through where retention had let go then. */
  readonly time: number;
  readonly evicted: number;
}

/** What is wrong with what is sent in place of a range: it is exactly the newest event of each topic in it. */
export function checkNewest(skipped: Skipped): string | undefined {
  const { history, events, asked, after, through, time, evicted } = skipped;
  const due = new Set<number>();
  const replaced = new Set<number>();
  for (const [topic, [first = 0]] of newestOf(history, asked, through)) {
    if (first <= after) continue;
    due.add(first);
    // Gone, and not kept, since a newer one has come, which follows.
    if (first <= evicted && hasNewer(history, topic, through, time)) replaced.add(first);
  }
  let last = 0;
  for (const { cursor = "", payload } of events) {
    const offset = placeOf(cursor)?.offset ?? 0;
    if (history.entry(offset)?.payload !== payload) return `In place of what was skipped comes ${cursor}, ${payload}`;
    if (!due.delete(offset))
      return `In place of what was skipped comes ${cursor}, which is no topic's newest, or again`;
    if (offset <= last) return `In place of what was skipped comes ${cursor} after ${last}`;
    last = offset;
  }
  const missing = [...due].find((offset) => !replaced.has(offset));
  return missing === undefined ? undefined : `${missing} is a topic's newest, and was skipped`;
}

/** Whether something is passed over if only the newest event of each topic in a range is sent. */
export function isWorthSkipping(history: History, asked: readonly string[], after: number, through: number): boolean {
  for (const offsets of newestOf(history, asked, through).values()) if ((offsets[1] ?? 0) > after) return true;
  return false;
}

/** The offsets of each topic that is asked for, the newest first. */
function newestOf(history: History, asked: readonly string[], through: number): Map<string, number[]> {
  const newest = new Map<string, number[]>();
  for (let offset = through; offset > 0; offset--) {
    for (const topic of history.entry(offset)?.topics ?? []) {
      if (!entitled(asked, [topic])) continue;
      const offsets = newest.get(topic);
      if (offsets === undefined) newest.set(topic, [offset]);
      else offsets.push(offset);
    }
  }
  return newest;
}

function hasNewer(history: History, topic: string, through: number, time: number): boolean {
  for (let offset = history.headAt(time); offset > through; offset--) {
    if (history.entry(offset)?.topics.includes(topic)) return true;
  }
  return false;
}
