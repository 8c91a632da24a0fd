import { matchesPattern } from "../../wire/topic-pattern.ts";
import type { Clock } from "../stream/clock.ts";

/** What is wanted, with reference counts. */
export interface Interests {
  add(topics: readonly string[]): void;
  /** A topic that no one else wants stays for a while: who comes back soon finds it as it was. */
  remove(topics: readonly string[]): void;
  /** These are not wanted any more, whoever asked. */
  drop(topics: readonly string[]): void;
  /** Resolves when those of some topics that are still wanted are on the stream; `since` is asked at that moment. */
  covered<Answer>(topics: readonly string[], since: () => Answer): Promise<Answer>;
  /** Whether a topic was given up, and a stream that is late may still bring what came before that. */
  isLeaving(topic: string): boolean;
  /** There is another stream. */
  renewed(): void;
  /** How many want each. */
  counts(): Record<string, number>;
  /** The stream has these. */
  covers(topics: readonly string[]): void;
  close(): void;
}

/** Topics that were given up. No stream is so late that it has not come to the first of so many. */
const REMEMBERED = 1_024;

interface Waiting {
  readonly topics: readonly string[];
  readonly resolve: () => void;
}

/**
 * @param linger how long a topic stays without anyone, in ms
 * @param changed told of what is wanted, once for all that changed in one go
 */
export function createInterests(
  linger: number,
  clock: Clock,
  changed: (topics: ReadonlySet<string>) => void,
): Interests {
  const counts = new Map<string, number>();
  const lingering = new Map<string, () => void>();
  const leaving = new Set<string>();
  let onStream = new Set<string>();
  let waiting: Waiting[] = [];
  let due = false;

  function change(): void {
    if (due) return;
    due = true;
    queueMicrotask(() => {
      due = false;
      changed(new Set(counts.keys()));
    });
  }

  function drop(topic: string): void {
    lingering.get(topic)?.();
    lingering.delete(topic);
    leaving.add(topic);
    if (leaving.size > REMEMBERED) for (const oldest of leaving) if (leaving.delete(oldest)) break;
    counts.delete(topic);
    // It may be on the stream for a while, but if it is asked for again that has to be said again.
    onStream.delete(topic);
    settle();
    change();
  }

  function settle(): void {
    const all = waiting;
    waiting = [];
    for (const each of all) {
      if (each.topics.every((topic) => onStream.has(topic) || !counts.has(topic))) each.resolve();
      else waiting.push(each);
    }
  }

  return {
    add(topics) {
      for (const topic of topics) {
        lingering.get(topic)?.();
        lingering.delete(topic);
        if (!counts.has(topic)) change();
        counts.set(topic, (counts.get(topic) ?? 0) + 1);
      }
    },
    remove(topics) {
      for (const topic of topics) {
        const count = (counts.get(topic) ?? 0) - 1;
        if (count < 0) continue;
        counts.set(topic, count);
        if (count === 0)
          lingering.set(
            topic,
            clock.after(linger, () => drop(topic)),
          );
      }
    },
    drop(topics) {
      for (const topic of topics) drop(topic);
    },
    covered: (topics, since) =>
      new Promise((resolve) => {
        waiting.push({ topics, resolve: () => resolve(since()) });
        settle();
      }),
    isLeaving: (topic) => leaving.has(topic) || [...leaving].some((left) => overlap(left, topic)),
    renewed: () => leaving.clear(),
    counts: () => Object.fromEntries([...counts].filter(([, count]) => count > 0)),
    covers(topics) {
      onStream = new Set(topics.filter((topic) => counts.has(topic)));
      settle();
    },
    close() {
      for (const cancel of lingering.values()) cancel();
      lingering.clear();
      counts.clear();
    },
  };
}

/** Whether there may be a topic that both ask for. */
function overlap(left: string, right: string): boolean {
  if (left.includes("*")) return right.includes("*") || matchesPattern(left, right);
  return matchesPattern(right, left);
}
