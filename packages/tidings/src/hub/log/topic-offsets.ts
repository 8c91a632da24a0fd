import type { Entry } from "./log.ts";
import { PlaceHeap } from "./place-heap.ts";
import { firstAbove, Queue } from "./queue.ts";

/** Which offsets each topic has, of entries that come at one end and go at the other. */
export class TopicOffsets {
  readonly #byTopic = new Map<string, Queue<number>>();

  /** The topics of all entries. */
  get topics(): Iterable<string> {
    return this.#byTopic.keys();
  }

  push({ topics, offset }: Entry): void {
    for (const topic of topics) {
      const offsets = this.#byTopic.get(topic);
      if (offsets === undefined) this.#byTopic.set(topic, Queue.of(offset));
      else offsets.push(offset);
    }
  }

  /** The oldest entry goes; answers those of its topics that have no other. */
  shift({ topics }: Entry): string[] {
    return topics.filter((topic) => {
      const offsets = this.#byTopic.get(topic);
      offsets?.shift();
      return offsets?.length === 0 && this.#byTopic.delete(topic);
    });
  }

  clear(): void {
    this.#byTopic.clear();
  }

  /** The offsets of one topic, rising. */
  of(topic: string): Queue<number> | undefined {
    return this.#byTopic.get(topic);
  }

  /** The offsets of several topics after one, rising, each once: found by halving, so what others have costs nothing. */
  *after(topics: readonly string[], offset: number): Generator<number, void> {
    const heap = new PlaceHeap();
    for (const topic of topics) {
      const offsets = this.#byTopic.get(topic);
      if (offsets !== undefined) heap.push({ offsets, index: firstAbove(offsets, offset) });
    }
    for (let last = offset; ;) {
      const next = heap.next();
      if (next === undefined) return;
      if (next > last) yield next;
      last = next;
    }
  }
}
