import { matchesPattern } from "../../wire/topic-pattern.ts";
import { remember } from "./remember.ts";
import type { Clock } from "../stream/clock.ts";

/** Who wants which topics, and which of them are on the stream. */
export interface Interests<Taker> {
  add(taker: Taker, topics: readonly string[]): void;
  /** A topic that no one else wants stays for a while: who comes back soon finds it as it was. */
  remove(taker: Taker, topics: readonly string[]): void;
  /** These are not wanted any more, whoever asked. */
  drop(topics: readonly string[]): void;
  /** Who wants any of some topics, each once, with the first that it asked for. */
  takers(topics: readonly string[]): ReadonlyMap<Taker, string>;
  /** How many want each. */
  counts(): Record<string, number>;
  /** Resolves when those of some topics that are still wanted are on the stream; `since` is asked at that moment. */
  covered<Answer>(topics: readonly string[], since: () => Answer): Promise<Answer>;
  /** The stream has these; `alone`: nothing else comes any more. */
  covers(topics: readonly string[], alone?: boolean): void;
  /** Whether a topic was given up, and a stream that is late may still bring what came before that. */
  isLeaving(topic: string): boolean;
  /** The stream is lost, or another one: nothing is on it yet. */
  renewed(): void;
  close(): void;
}

/** Topics that were given up. No stream is so late that it has not come to the first of so many. */
const REMEMBERED = 1_024;

/**
 * @param linger how long a topic stays without anyone, in ms
 * @param changed told of what is wanted, once for all that changed in one go
 */
export function createInterests<Taker>(
  linger: number,
  clock: Clock,
  changed: (topics: Set<string>) => void,
): Interests<Taker> {
  const wanted = new Map<string, Set<Taker>>();
  /** Those of them that stand for many topics: only these are gone through for an event. */
  const patterns = new Set<string>();
  const lingering = new Map<string, () => void>();
  const leaving = new Set<string>();
  let onStream = new Set<string>();
  /** Each answers whether it is done. */
  let waiting: (() => boolean)[] = [];
  let due = false;

  function change(): void {
    if (due) return;
    due = true;
    queueMicrotask(() => {
      due = false;
      changed(new Set(wanted.keys()));
    });
  }

  function stay(topic: string): void {
    lingering.get(topic)?.();
    lingering.delete(topic);
  }

  function drop(topic: string): void {
    stay(topic);
    wanted.delete(topic);
    patterns.delete(topic);
    // It may be on the stream for a while yet, but if it is asked for again that has to be said again.
    onStream.delete(topic);
    remember(leaving, topic, REMEMBERED);
    settle();
    change();
  }

  function settle(): void {
    waiting = waiting.filter((isDone) => !isDone());
  }

  return {
    add(taker, topics) {
      for (const topic of topics) {
        stay(topic);
        const takers = wanted.get(topic) ?? new Set();
        if (!wanted.has(topic)) change();
        wanted.set(topic, takers.add(taker));
        if (topic.includes("*")) patterns.add(topic);
      }
    },
    remove(taker, topics) {
      for (const topic of topics) {
        const takers = wanted.get(topic);
        if (takers?.delete(taker) !== true || takers.size > 0) continue;
        lingering.set(
          topic,
          clock.after(linger, () => drop(topic)),
        );
      }
    },
    drop(topics) {
      for (const topic of topics) drop(topic);
    },
    takers(topics) {
      const found = new Map<Taker, string>();
      for (const topic of topics) {
        // No published topic has a wildcard.
        for (const asked of [topic, ...patterns]) {
          if (!matchesPattern(asked, topic)) continue;
          for (const taker of wanted.get(asked) ?? []) if (!found.has(taker)) found.set(taker, topic);
        }
      }
      return found;
    },
    counts: () =>
      Object.fromEntries([...wanted].map(([topic, { size }]) => [topic, size] as const).filter(([, size]) => size)),
    covered: (topics, since) =>
      new Promise((resolve) => {
        waiting.push(() => {
          const isDone = topics.every((topic) => onStream.has(topic) || !wanted.has(topic));
          if (isDone) resolve(since());
          return isDone;
        });
        settle();
      }),
    covers(topics, alone) {
      if (alone === true) for (const topic of leaving) if (!topics.includes(topic)) leaving.delete(topic);
      onStream = new Set(topics.filter((topic) => wanted.has(topic)));
      settle();
    },
    isLeaving: (topic) =>
      [...leaving].some(
        (left) =>
          // There may be a topic that both ask for.
          (left.includes("*") && topic.includes("*")) || matchesPattern(left, topic) || matchesPattern(topic, left),
      ),
    renewed() {
      leaving.clear();
      onStream.clear();
    },
    close() {
      for (const cancel of lingering.values()) cancel();
    },
  };
}
