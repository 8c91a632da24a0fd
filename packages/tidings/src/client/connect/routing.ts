import { matchesPattern } from "../../wire/topic-pattern.ts";

/** Who asked for which topics. */
export interface Routing<Taker> {
  add(taker: Taker, topics: readonly string[]): void;
  remove(taker: Taker, topics: readonly string[]): void;
  /** Who asked for any of some topics, each once, with the first topic that it asked for. */
  takers(topics: readonly string[]): ReadonlyMap<Taker, string>;
}

/** An index of topics and patterns. */
export function createRouting<Taker>(): Routing<Taker> {
  const exact = new Map<string, Set<Taker>>();
  const patterns = new Map<string, Set<Taker>>();
  // No published topic has one.
  const roomOf = (topic: string): Map<string, Set<Taker>> => (topic.includes("*") ? patterns : exact);
  return {
    add(taker, topics) {
      for (const topic of topics) {
        const room = roomOf(topic);
        const takers = room.get(topic) ?? new Set();
        room.set(topic, takers.add(taker));
      }
    },
    remove(taker, topics) {
      for (const topic of topics) {
        const room = roomOf(topic);
        const takers = room.get(topic);
        takers?.delete(taker);
        if (takers?.size === 0) room.delete(topic);
      }
    },
    takers(topics) {
      const found = new Map<Taker, string>();
      const take = (takers: Iterable<Taker> | undefined, topic: string): void => {
        for (const taker of takers ?? []) if (!found.has(taker)) found.set(taker, topic);
      };
      for (const topic of topics) {
        take(exact.get(topic), topic);
        for (const [pattern, takers] of patterns) if (matchesPattern(pattern, topic)) take(takers, topic);
      }
      return found;
    },
  };
}
