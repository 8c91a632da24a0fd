/** A list that loses its oldest items and gains new ones, without moving the rest each time. */
export class Queue<Item> {
  #items: (Item | undefined)[] = [];
  #first = 0;

  /** A list of one. */
  static of<Item>(item: Item): Queue<Item> {
    const queue = new Queue<Item>();
    queue.push(item);
    return queue;
  }

  get length(): number {
    return this.#items.length - this.#first;
  }

  at(index: number): Item | undefined {
    return index < 0 ? undefined : this.#items[this.#first + index];
  }

  push(item: Item): void {
    this.#items.push(item);
  }

  shift(): Item | undefined {
    const item = this.#items[this.#first];
    if (item === undefined) return undefined;
    this.#items[this.#first++] = undefined;
    if (this.#first > 32 && this.#first * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#first);
      this.#first = 0;
    }
    return item;
  }
}

/** The index of the first offset above a limit, in a queue of rising offsets: found by halving. */
export function firstAbove(offsets: Queue<number>, limit: number): number {
  let low = 0;
  let high = offsets.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((offsets.at(middle) ?? Infinity) > limit) high = middle;
    else low = middle + 1;
  }
  return low;
}
