import type { BatchNode } from "./batch-trie.ts";
import type { Subscriber } from "./subscriber.ts";
import type { TopicFilter } from "./topic-filter.ts";
import { TopicIndex } from "./topic-index.ts";

/**
 * The subscribers that asked for the same topics. They are due the same events, so they have one place in a flush
 * together, and one filter.
 */
export class Group {
  /** No other group of this hub has or had it. */
  readonly number: number;
  readonly filter: TopicFilter;
  /** Those whom flushes find, in no order. */
  readonly live: Subscriber[] = [];
  /** How many there are, live or not. */
  members = 0;
  /** What the running flush writes to those who are live, if anything. */
  node: BatchNode | undefined;

  constructor(number: number, filter: TopicFilter) {
    this.number = number;
    this.filter = filter;
  }

  /** Everyone has left. A group that was left is not joined again. */
  get closed(): boolean {
    return this.members === 0;
  }

  enter(subscriber: Subscriber): void {
    subscriber.place = this.live.length;
    this.live.push(subscriber);
  }

  /** Takes one out of those who are live: the last one moves to the place that is free. */
  withdraw(subscriber: Subscriber): void {
    const last = this.live.pop();
    if (last === undefined || last === subscriber) return;
    this.live[subscriber.place] = last;
    last.place = subscriber.place;
  }
}

/** All groups, by what they asked for and by topic. */
export class Groups {
  readonly #groups = new Map<string, Group>();
  readonly #index = new TopicIndex<Group>();
  #made = 0;

  /** Topics and patterns that are asked for. */
  get topics(): number {
    return this.#index.size;
  }

  /** The group of those who asked for this. */
  join(filter: TopicFilter): Group {
    let group = this.#groups.get(filter.key);
    if (group === undefined) {
      group = new Group(++this.#made, filter);
      this.#groups.set(filter.key, group);
      this.#index.add(group);
    }
    group.members++;
    return group;
  }

  /** One of its members has ended. */
  leave(group: Group): void {
    group.members--;
    if (!group.closed) return;
    this.#groups.delete(group.filter.key);
    this.#index.delete(group);
  }

  /** Calls for those who asked for a topic, by name or by pattern; for one that asked in several ways, several times. */
  find(topic: string, found: (group: Group) => void): void {
    this.#index.find(topic, found);
  }
}
