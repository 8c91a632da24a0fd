import { readChunk, readOffsets } from "./index-chunk.ts";
import { chunkKey, CHUNKS, offsetOf, topicKey, topicRange } from "./keys.ts";
import type { View } from "./view.ts";

/** How many records of the index are read at a time, at first and at most. */
const FEW = 2;
const MANY = 64;

/** The offsets of one topic after another one, rising; read as they are asked for. */
export function* offsetsAfter(view: View, topic: string, after: number): Generator<number, void> {
  const { environment, state } = view;
  const range = topicRange(topic);
  if (after < state.indexedThrough) {
    let start = environment.lastKey(range, topicKey(topic, after + 1)) ?? range.start;
    for (let limit = FEW; ; limit = MANY) {
      const records = environment.records({ start: Buffer.from(start), end: range.end }, limit);
      for (const { key, value } of records) {
        const first = offsetOf(key);
        for (const offset of readOffsets(value, value.length, first) ?? offsetsOfChunk(view, first)) {
          if (offset > after) yield offset;
        }
        start = topicKey(topic, first + 1);
      }
      if (records.length < limit) break;
    }
  }
  for (const offset of view.tail.of(topic)) if (offset > after && offset > state.indexedThrough) yield offset;
}

/** The offsets of one topic up to another, falling; read as they are asked for. */
export function* offsetsBefore(view: View, topic: string, through: number): Generator<number, void> {
  const { environment, state } = view;
  for (const offset of view.tail.of(topic).toReversed()) {
    if (offset <= through && offset > state.indexedThrough) yield offset;
  }
  const range = topicRange(topic);
  let atMost = topicKey(topic, through);
  for (;;) {
    const key = environment.lastKey(range, atMost);
    const value = key === undefined ? undefined : environment.get(key);
    if (key === undefined || value === undefined) return;
    const first = offsetOf(key);
    const offsets = readOffsets(value, environment.lastSize, first) ?? offsetsOfChunk(view, first);
    for (const offset of offsets.toReversed()) if (offset <= through) yield offset;
    if (first === 0) return;
    atMost = topicKey(topic, first - 1);
  }
}

/** All offsets of a chunk: where a list of it is damaged, every entry may be meant. */
function offsetsOfChunk(view: View, first: number): number[] {
  const { environment, state } = view;
  const bytes = environment.get(chunkKey(first));
  let through = bytes === undefined ? undefined : readChunk(bytes, environment.lastSize, first)?.through;
  if (through === undefined) {
    const next = environment.firstKey({ start: chunkKey(first + 1), end: CHUNKS.end });
    through = next === undefined ? state.indexedThrough : offsetOf(next) - 1;
  }
  return Array.from({ length: through - first + 1 }, (_, index) => first + index);
}
