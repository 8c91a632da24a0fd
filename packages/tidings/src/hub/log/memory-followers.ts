import type { Followed } from "./log.ts";

/** Hands what is told to every follower, in order, without a wait for those who are slow. */
export class MemoryFollowers {
  readonly #followers = new Set<Follower>();
  #closed = false;

  /** A follower that hears what is told from now on, until the signal is aborted. */
  add(signal: AbortSignal): AsyncIterableIterator<Followed, void> {
    const follower = new Follower(() => this.#followers.delete(follower));
    this.#followers.add(follower);
    if (signal.aborted || this.#closed) follower.end();
    else signal.addEventListener("abort", () => follower.end(), { once: true });
    return follower;
  }

  tell(told: Followed): void {
    for (const follower of this.#followers) follower.hear(told);
  }

  /** Ends all followers, those still to come included. */
  close(): void {
    this.#closed = true;
    for (const follower of this.#followers) follower.end();
  }
}

class Follower implements AsyncIterableIterator<Followed, void> {
  readonly #onEnd: () => void;
  #heard: Followed[] = [];
  #waiting: ((result: IteratorResult<Followed, void>) => void) | undefined;
  #ended = false;

  constructor(onEnd: () => void) {
    this.#onEnd = onEnd;
  }

  hear(told: Followed): void {
    if (this.#waiting === undefined) {
      this.#heard.push(told);
      return;
    }
    this.#waiting({ done: false, value: told });
    this.#waiting = undefined;
  }

  end(): void {
    this.#ended = true;
    this.#onEnd();
    this.#waiting?.({ done: true, value: undefined });
    this.#waiting = undefined;
  }

  async next(): Promise<IteratorResult<Followed, void>> {
    const told = this.#heard.shift();
    if (told !== undefined) return { done: false, value: told };
    if (this.#ended) return { done: true, value: undefined };
    return new Promise((resolve) => (this.#waiting = resolve));
  }

  async return(): Promise<IteratorResult<Followed, void>> {
    this.end();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
