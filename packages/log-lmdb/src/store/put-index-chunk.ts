import type { Changes } from "./environment.ts";
import { writeChunk, writeOffsets } from "./index-chunk.ts";
import { chunkKey, topicKey } from "./keys.ts";
import type { TopicTail } from "./topic-tail.ts";

/** How many places of entries a chunk of the index has at least, about, and at most. */
const LEAST_PLACES = 4_096;
const MOST_PLACES = 16_384;
/** Each topic of a chunk has a record, and each record is in a page that is written anew: it should be worth it. */
const PLACES_A_TOPIC = 32;

/** Whether it is time for a chunk: with many topics later, so that their records are longer and fewer. */
export function isFull({ count, topics }: TopicTail): boolean {
  return count >= MOST_PLACES || (count >= LEAST_PLACES && count >= PLACES_A_TOPIC * topics);
}

/**
 * Puts the places of the newest entries into the stored index.
 *
 * @param first the offset after the last that is in the stored index
 * @param floor what is not above it is gone, and not listed
 */
export function putIndexChunk(tail: TopicTail, first: number, through: number, floor: number, changes: Changes): void {
  const newest = new Map<string, number>();
  for (const [topic, all] of tail.lists) {
    const offsets = all.filter((offset) => offset > floor);
    const last = offsets.at(-1);
    if (last === undefined) continue;
    changes.put(topicKey(topic, first), writeOffsets(first, offsets));
    newest.set(topic, last);
  }
  changes.put(chunkKey(first), writeChunk(first, { through, newest }));
}
