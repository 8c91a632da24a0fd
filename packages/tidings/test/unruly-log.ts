import type {
  Appended,
  Draft,
  Ends,
  Entry,
  Followed,
  Log,
  Page,
  PageLimit,
  Position,
  Reset,
} from "../src/hub/log/log.ts";
import type { TopicFilter } from "../src/hub/topic-filter.ts";

/** How a log behaves that keeps its contract all the same: it answers late and in any order, rejects, and skips. */
export interface Unruliness {
  readonly random: () => number;
  /** The share of calls that reject. */
  readonly failing: number;
  /** The share of batches that a follower is not told. */
  readonly skipping: number;
}

/** A log that goes over a network, as the engine sees it. It answers when `turn` is called. */
export class UnrulyLog implements Log {
  readonly durability = "memory";
  readonly atomicBatches = true;
  readonly #inner: Log;
  readonly #how: Unruliness;
  readonly #onAppend: (drafts: readonly Draft[], answers: readonly Appended[]) => void;
  #waiting: (() => void)[] = [];
  /** From now on nothing rejects and nothing is skipped. */
  calm = false;

  constructor(inner: Log, how: Unruliness, onAppend: (drafts: readonly Draft[], answers: readonly Appended[]) => void) {
    this.#inner = inner;
    this.#how = how;
    this.#onAppend = onAppend;
  }

  /** Lets any one call go on. Whether one waited. */
  turn(): boolean {
    const [task] = this.#waiting.splice(Math.floor(this.#how.random() * this.#waiting.length), 1);
    task?.();
    return task !== undefined;
  }

  // An append that was made is always answered: a publisher would not know what became of it, and neither would the test.
  async append(drafts: readonly Draft[]): Promise<readonly Appended[]> {
    await this.#delay();
    const answers = await this.#inner.append(drafts);
    this.#onAppend(drafts, answers);
    await this.#delay();
    return answers;
  }

  read(after: Position, filter: TopicFilter, limit: PageLimit): Promise<Page | Reset> {
    return this.#late(() => this.#inner.read(after, filter, limit));
  }

  latest(filter: TopicFilter, n: number, through: Position): Promise<readonly Entry[]> {
    return this.#late(() => this.#inner.latest(filter, n, through));
  }

  ends(): Promise<Ends> {
    return this.#late(() => this.#inner.ends());
  }

  async *follow(after: Position, signal: AbortSignal): AsyncGenerator<Followed, void> {
    await this.#delay();
    for await (const told of this.#inner.follow(after, signal)) {
      await this.#delay();
      this.#mayFail();
      if (this.calm || this.#how.random() >= this.#how.skipping) yield told;
    }
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  async #late<Value>(call: () => Promise<Value>): Promise<Value> {
    await this.#delay();
    this.#mayFail();
    const value = await call();
    await this.#delay();
    this.#mayFail();
    return value;
  }

  async #delay(): Promise<void> {
    if (this.#how.random() < 0.7) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #mayFail(): void {
    if (!this.calm && this.#how.random() < this.#how.failing) throw new Error("The log is away");
  }
}
