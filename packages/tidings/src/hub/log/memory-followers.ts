import { textLength, type Followed } from "./log.ts";
import { Queue } from "./queue.ts";

/** What an entry weighs in memory beside its text, about. */
const ENTRY_BYTES = 250;

/** Hands what is told to every follower, in order, without a wait for those who are slow. */
export class MemoryFollowers {
  readonly #maxBytes: number;
  readonly #followers = new Set<Follower>();
  #closed = false;

  /** @param maxBytes of text that waits for a follower who is slow: beyond it the oldest batches are not told */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** A follower that hears what is told from now on, until the signal is aborted. */
  add(signal: AbortSignal): Follower {
    const stop = (): void => follower.end();
    const follower = new Follower(this.#maxBytes, () => {
      this.#followers.delete(follower);
      signal.removeEventListener("abort", stop);
    });
    this.#followers.add(follower);
    if (signal.aborted || this.#closed) stop();
    else signal.addEventListener("abort", stop);
    return follower;
  }

  /** Whether there is none. */
  get empty(): boolean {
    return this.#followers.size === 0;
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

/** Tells one reader, who takes his time. */
export class Follower implements AsyncIterableIterator<Followed, void> {
  readonly #maxBytes: number;
  readonly #onEnd: () => void;
  readonly #heard = new Queue<Followed>();
  #bytes = 0;
  #waiting: ((result: IteratorResult<Followed, void>) => void) | undefined;
  #ended = false;

  constructor(maxBytes: number, onEnd: () => void) {
    this.#maxBytes = maxBytes;
    this.#onEnd = onEnd;
  }

  hear(told: Followed): void {
    if (this.#waiting === undefined) {
      this.#heard.push(told);
      this.#bytes += weight(told);
      // The log has what is not told, as far as its retention goes: the follower sees that there is more between.
      while (this.#bytes > this.#maxBytes && this.#heard.length > 1) this.#bytes -= weight(this.#heard.shift());
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
    this.#bytes -= weight(told);
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

function weight(told: Followed | undefined): number {
  if (told === undefined || told.reset) return 0;
  return told.entries.reduce((bytes, entry) => bytes + textLength(entry) + ENTRY_BYTES, 0);
}
