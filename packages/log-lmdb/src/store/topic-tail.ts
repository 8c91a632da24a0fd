/** Entries whose bytes are damaged are listed under this: no event has it as a topic, and every reader looks here, too. */
export const DAMAGED = "";

/** Which topics the newest entries have: those that the stored index does not reach. */
export class TopicTail {
  readonly #byTopic = new Map<string, number[]>();
  #from = 0;
  #through = 0;
  #count = 0;

  /** The offset before the first that is looked after here. */
  get from(): number {
    return this.#from;
  }

  /** The last offset that was looked at. */
  get through(): number {
    return this.#through;
  }

  /** How many places are listed. */
  get count(): number {
    return this.#count;
  }

  /** How many topics have a list. */
  get topics(): number {
    return this.#byTopic.size;
  }

  /** All lists. */
  get lists(): Iterable<readonly [topic: string, offsets: readonly number[]]> {
    return this.#byTopic;
  }

  /** Forgets all, and begins after an offset. */
  restart(from: number): void {
    this.#byTopic.clear();
    this.#from = this.#through = from;
    this.#count = 0;
  }

  /** Takes the entry at the next offset. */
  add(offset: number, topics: readonly string[]): void {
    for (const topic of topics) {
      const offsets = this.#byTopic.get(topic);
      if (offsets === undefined) this.#byTopic.set(topic, [offset]);
      else offsets.push(offset);
    }
    this.#count += topics.length;
    this.#through = offset;
  }

  /** The offsets of a topic, rising. */
  of(topic: string): readonly number[] {
    return this.#byTopic.get(topic) ?? [];
  }

  /** The newest offset of a topic. */
  newest(topic: string): number | undefined {
    return this.#byTopic.get(topic)?.at(-1);
  }
}
