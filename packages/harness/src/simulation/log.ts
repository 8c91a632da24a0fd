import {
  topicFilter,
  type Appended,
  type Draft,
  type Ends,
  type Entry,
  type Followed,
  type Log,
  type Page,
  type PageLimit,
  type Position,
  type Reset,
  type TopicFilter,
} from "tidings/log";

import type { Chance } from "../chance.ts";
import type { Journal } from "../logs/journal.ts";
import { payloadOf } from "../logs/payload.ts";
import type { Engine } from "./engine.ts";
import type { SimulatedRuntime } from "../../../tidings/test/simulation.ts";

/** How a log behaves that keeps its contract all the same: it answers late and in any order, rejects, and skips. */
export interface Manners {
  /** The share of calls that wait for `turn`. */
  readonly late: number;
  /** The share of calls that reject. */
  readonly failing: number;
  /** The share of batches that a follower is not told. */
  readonly skipping: number;
}

/** What a log is made of. */
export interface LogSetting {
  readonly engine: Engine;
  readonly chance: Chance;
  readonly runtime: SimulatedRuntime;
  readonly journal: Journal;
  readonly manners: Manners;
  readonly maxEvents: number;
  /** In milliseconds. */
  readonly maxAge: number;
  /** In milliseconds. */
  readonly dedupeWindow: number;
}

interface Batch {
  readonly drafts: readonly Draft[];
  /** What it took from chance. */
  readonly draws: readonly number[];
}

interface Made {
  readonly log: Log;
  readonly draws: readonly number[];
  readonly begun: readonly number[];
}

const EVERYTHING: TopicFilter = topicFilter(["**"]);

/**
 * A memory log as if behind a network, that writes down what it does. Its history can be lost, or rewound as when a
 * replica is promoted that lacked the end: then it has the same epoch, and the entries up to there the same tags.
 */
export class SimulatedLog implements Log {
  readonly durability = "memory";
  readonly atomicBatches = true;
  readonly #setting: LogSetting;
  #current: Log;
  /** What it took from chance: in all, and before its first entry. */
  #draws: readonly number[] = [];
  #begun: readonly number[] = [];
  #batches: Batch[] = [];
  #waiting: (() => void)[] = [];
  #appending = new Set<Promise<unknown>>();
  #replaced = new AbortController();
  /** The newest that is gone, as it was written down last. */
  #evicted = "";
  /** From now on nothing rejects, and nothing is skipped. */
  calm = false;
  /** The newest entry's cursor. */
  head = "";

  private constructor(setting: LogSetting) {
    this.#setting = setting;
    this.#current = this.#make([]).log;
  }

  /** An empty log. */
  static async open(setting: LogSetting): Promise<SimulatedLog> {
    const log = new SimulatedLog(setting);
    await log.#replace("begun", log.#make([]), []);
    return log;
  }

  /** Lets any one call go on. Whether one waited. */
  turn(): boolean {
    const [task] = this.#waiting.splice(Math.floor(this.#setting.chance.random() * this.#waiting.length), 1);
    task?.();
    return task !== undefined;
  }

  /** Loses everything: from here on it is another history. */
  async restart(): Promise<void> {
    await this.#replace("restarted", this.#make([]), []);
  }

  /** Loses its newest batches, and will give their offsets to others. */
  async rewind(batches: number): Promise<void> {
    const kept = this.#batches.slice(0, Math.max(0, this.#batches.length - batches));
    const made = this.#make([...this.#begun, ...kept.flatMap(({ draws }) => draws)]);
    for (const { drafts } of kept) await made.log.append(drafts);
    await this.#replace("rewound", made, kept);
  }

  /** Writes down what is there, the oldest first. */
  async dump(): Promise<void> {
    const { evictedThrough, head } = await this.#current.ends();
    for (let after = evictedThrough; after.offset < head.offset;) {
      const page = await this.#current.read(after, EVERYTHING, { entries: 1_000, bytes: 1_000_000 });
      if (page.reset || page.through.offset <= after.offset) throw new Error("The log does not read what it has");
      for (const entry of page.entries) this.#setting.journal({ kind: "entry", ...this.#told(entry, head.epoch) });
      after = page.through;
    }
  }

  get ready(): boolean {
    return this.#current.ready;
  }

  async append(drafts: readonly Draft[]): Promise<readonly Appended[]> {
    await this.delay();
    this.#mayFail();
    const begun = this.#draws.length;
    const current = this.#current;
    const appending = current.append(drafts);
    const draws = this.#draws.slice(begun);
    const ends = current.ends();
    const noted = appending.then(async (answers) => {
      this.#note(drafts, draws, answers);
      this.#noteEvicted((await ends).evictedThrough);
      return answers;
    });
    this.#appending.add(noted);
    const answers = await noted.finally(() => this.#appending.delete(noted));
    await this.delay();
    this.#mayFail();
    return answers;
  }

  read(after: Position, filter: TopicFilter, limit: PageLimit): Promise<Page | Reset> {
    return this.#late(async () => {
      const current = this.#current;
      const found = await current.read(after, filter, limit);
      if (current === this.#current) this.#noteEvicted(found.reset ? found.oldest : found.evictedThrough);
      return found;
    });
  }

  latest(filter: TopicFilter, n: number, through: Position): Promise<readonly Entry[]> {
    return this.#late(() => {
      const current = this.#current;
      const found = current.latest(filter, n, through);
      // Asked at the same moment: what is too old is gone now.
      void current.ends().then(({ evictedThrough }) => {
        if (current === this.#current) this.#noteEvicted(evictedThrough);
      });
      return found;
    });
  }

  ends(): Promise<Ends> {
    return this.#late(async () => {
      const current = this.#current;
      const ends = await current.ends();
      if (current === this.#current) this.#noteEvicted(ends.evictedThrough);
      return ends;
    });
  }

  async *follow(after: Position, signal: AbortSignal): AsyncGenerator<Followed, void> {
    await this.delay();
    let from = after;
    while (!signal.aborted) {
      const replaced = this.#replaced.signal;
      for await (const told of this.#current.follow(from, AbortSignal.any([signal, replaced]))) {
        await this.delay();
        this.#mayFail();
        if (!told.reset && !this.calm && this.#setting.chance.happens(this.#setting.manners.skipping)) continue;
        from = told.reset ? told.position : { ...from, ...placeOf(told.entries) };
        yield told;
      }
      if (!replaced.aborted) return;
    }
  }

  close(): Promise<void> {
    return this.#current.close();
  }

  /** Waits until `turn` says so, or not at all. */
  async delay(): Promise<void> {
    const { chance, manners } = this.#setting;
    if (chance.happens(manners.late)) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #make(script: readonly number[]): Made {
    const { engine, chance, runtime, maxEvents, maxAge, dedupeWindow } = this.#setting;
    const left = [...script];
    const draws: number[] = [];
    const random = (): number => {
      const drawn = left.shift() ?? chance.random();
      draws.push(drawn);
      return drawn;
    };
    const clock = { now: () => runtime.now(), elapsed: () => runtime.elapsed(), random };
    const log = engine.memoryLog({ maxEvents, maxAge, dedupeWindow, runtime: clock });
    return { log, draws, begun: [...draws] };
  }

  async #replace(cause: "begun" | "restarted" | "rewound", made: Made, batches: Batch[]): Promise<void> {
    const { journal, runtime } = this.#setting;
    const { head, evictedThrough } = await made.log.ends();
    // What is being appended goes where it was sent.
    while (this.#appending.size > 0) await Promise.allSettled(this.#appending);
    this.#current = made.log;
    this.#draws = made.draws;
    this.#begun = made.begun;
    this.#batches = batches;
    this.#evicted = "";
    this.head = cursorOf(head);
    journal({ kind: "history", at: runtime.stamp(), cause, epoch: head.epoch, offset: head.offset });
    this.#noteEvicted(evictedThrough);
    this.#replaced.abort();
    this.#replaced = new AbortController();
  }

  #noteEvicted(evictedThrough: Position): void {
    const cursor = cursorOf(evictedThrough);
    if (cursor === this.#evicted) return;
    this.#evicted = cursor;
    this.#setting.journal({ kind: "evicted", at: this.#setting.runtime.stamp(), cursor });
  }

  #note(drafts: readonly Draft[], draws: readonly number[], answers: readonly Appended[]): void {
    const { journal, runtime } = this.#setting;
    for (const [index, { position, duplicate }] of answers.entries()) {
      const draft = drafts[index];
      if (duplicate || draft === undefined) continue;
      this.head = cursorOf(position);
      journal({ kind: "appended", at: runtime.stamp(), ...this.#told({ ...draft, ...position }, position.epoch) });
    }
    this.#batches.push({ drafts, draws });
  }

  #told(
    entry: Draft & { offset: number; tag: number },
    epoch: string,
  ): { cursor: string; topics: readonly string[]; payload: string } {
    const { offset, tag, topics, event = "message", data } = entry;
    return { cursor: cursorOf({ epoch, offset, tag }), topics, payload: payloadOf(event, data) };
  }

  async #late<Value>(call: () => Promise<Value>): Promise<Value> {
    await this.delay();
    this.#mayFail();
    const value = await call();
    await this.delay();
    this.#mayFail();
    return value;
  }

  #mayFail(): void {
    const { chance, manners } = this.#setting;
    if (!this.calm && chance.happens(manners.failing)) throw new Error("The log is away");
  }
}

function cursorOf({ epoch, offset, tag }: Position): string {
  return `${epoch}-${offset}-${tag.toString(36)}`;
}

function placeOf(entries: readonly Entry[]): { offset: number; tag: number } | undefined {
  const last = entries.at(-1);
  return last === undefined ? undefined : { offset: last.offset, tag: last.tag };
}
