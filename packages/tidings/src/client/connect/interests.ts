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
  /** The stream has these. */
  covers(topics: readonly string[]): void;
  close(): void;
}

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
  const leaving = new Map<string, () => void>();
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
    leaving.get(topic)?.();
    leaving.delete(topic);
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
        leaving.get(topic)?.();
        leaving.delete(topic);
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
          leaving.set(
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
    covers(topics) {
      onStream = new Set(topics.filter((topic) => counts.has(topic)));
      settle();
    },
    close() {
      for (const cancel of leaving.values()) cancel();
      leaving.clear();
      counts.clear();
    },
  };
}
