import type { Environment, Changes } from "./environment.ts";
import { KEPT_EVENTS, keptKey, topicOf } from "./keys.ts";
import { readKept, writeKept } from "./kept-event.ts";
import type { Retention } from "./store-settings.ts";

/** The newest events of topics that have no other, as the appender knows them: the longest unpublished first. */
export class KeptEvents {
  readonly #limits: Pick<Retention, "maxTopics" | "maxBytes">;
  // In the order of eviction, which is the order of publication.
  readonly #weights = new Map<string, number>();
  #bytes = 0;

  constructor(environment: Environment, limits: Pick<Retention, "maxTopics" | "maxBytes">) {
    this.#limits = limits;
    const found: { readonly topic: string; readonly offset: number; readonly bytes: number }[] = [];
    for (const { key, value } of environment.all(KEPT_EVENTS)) {
      found.push({
        topic: topicOf(key),
        offset: readKept(value, value.length)?.offset ?? 0,
        bytes: value.length,
      });
    }
    for (const { topic, bytes } of found.toSorted((one, other) => one.offset - other.offset)) this.#set(topic, bytes);
  }

  /** Keeps an event that leaves the log; lets the longest unpublished go, if they are too many. */
  keep(topic: string, offset: number, tag: number, entry: Buffer, changes: Changes): void {
    this.release(topic, changes);
    const value = writeKept(offset, tag, entry);
    changes.put(keptKey(topic), value);
    this.#set(topic, value.length);
    while (this.#weights.size > this.#limits.maxTopics || this.#bytes > this.#limits.maxBytes) {
      const [oldest] = this.#weights.keys();
      if (oldest === undefined) return;
      this.release(oldest, changes);
    }
  }

  /** Lets go what is kept of a topic: it has a newer event, or there is no room. */
  release(topic: string, changes: Changes): void {
    const weight = this.#weights.get(topic);
    if (weight === undefined) return;
    this.#weights.delete(topic);
    this.#bytes -= weight;
    changes.remove(keptKey(topic));
  }

  #set(topic: string, bytes: number): void {
    this.#weights.set(topic, bytes);
    this.#bytes += bytes;
  }
}
