import type { Changes } from "./environment.ts";
import { writeChunk, writeOffsets } from "./index-chunk.ts";
import { chunkKey, topicKey } from "./keys.ts";
import type { TopicTail } from "./topic-tail.ts";

/** How many entries a chunk of the index has, about. */
const CHUNK_ENTRIES = 4_096;

/** Whether it is time for a chunk: enough entries, or enough places of them. */
export function isFull(tail: TopicTail, head: number): boolean {
  return head - tail.from >= CHUNK_ENTRIES || tail.count >= 2 * CHUNK_ENTRIES;
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
