import {
  MemoryFollowers,
  type Ends,
  type Entry,
  type Followed,
  type Page,
  type PageLimit,
  type Position,
  type Reset,
  type TopicFilter,
} from "tidings/log";
import type { Appender, AppenderRecord } from "../appender.ts";
import { Environment } from "./environment.ts";
import { identityOf, writeIdentity, type Identity } from "./identity.ts";
import { APPENDER_KEY } from "./keys.ts";
import { latestEntries } from "./latest.ts";
import { makeLog } from "./new-log.ts";
import { readAll, readPage } from "./page.ts";
import { StoreAppender } from "./store-appender.ts";
import type { StoreSettings } from "./store-settings.ts";
import { View } from "./view.ts";

/** What waits for a follower who is slow, in characters: beyond it he is told from the store. */
const FOLLOWER_BYTES = 8 * 1024 * 1024;
/** What a follower is told at a time, from the store. */
const TOLD: PageLimit = { entries: 1_024, bytes: 1024 * 1024 };

/** The log in its folder, as this process sees it: read by any number, appended to by one. */
export class Store {
  readonly #environment: Environment;
  readonly #settings: StoreSettings;
  readonly #view: View;
  readonly #followers = new MemoryFollowers(FOLLOWER_BYTES);
  /** What followers were told last. */
  #told: number;
  #closed = false;
  /** Called after each commit of this process's appender, with the new head, when its appends were answered. */
  onCommitted: ((head: Position) => void) | undefined;

  private constructor(settings: StoreSettings, environment: Environment, epoch: string) {
    this.#settings = settings;
    this.#environment = environment;
    this.#view = new View(environment, epoch);
    this.#told = this.#view.refresh().head.offset;
  }

  /**
   * Opens a log, or begins one.
   *
   * @throws Error if it cannot be read
   */
  static async open(settings: StoreSettings): Promise<Store> {
    await makeLog(settings.path, settings.runtime);
    const environment = new Environment({ path: settings.path, sync: settings.durability === "fsync" });
    try {
      return new Store(settings, environment, identityOf(environment).epoch);
    } catch (error) {
      await environment.close();
      throw error;
    }
  }

  get epoch(): string {
    return this.#view.epoch;
  }

  /** Who appends, as it was committed last. */
  appenderRecord(): AppenderRecord {
    this.#environment.refresh();
    const { generation, socket } = identityOf(this.#environment);
    return { generation, socket };
  }

  /**
   * Makes this process the one that appends.
   *
   * @param generation the one of the record that was read
   * @param socket where this process listens
   * @returns undefined if another one was faster
   */
  async claim(generation: number, socket: string | undefined): Promise<Appender | undefined> {
    const next = generation + 1;
    const identity: Identity = { format: 1, epoch: this.epoch, generation: next, socket };
    if (!(await this.#environment.putIf(APPENDER_KEY, writeIdentity(identity), next, generation))) return undefined;
    return new StoreAppender({
      environment: this.#environment,
      epoch: this.epoch,
      generation: next,
      settings: this.#settings,
      onCommitted: (head, entries) => {
        this.#tell(entries);
        this.onCommitted?.(head);
      },
      onReopened: () => this.refresh(),
    });
  }

  /** Sees what another process has committed, and tells the followers of this one. Costs little where nothing is new. */
  refresh(): void {
    if (this.#closed || this.#environment.reopening !== undefined) return;
    this.#view.refresh();
    const { head } = this.#view.state;
    // Whoever begins to follow is told from his own position on.
    if (this.#followers.empty) this.#told = head.offset;
    while (this.#told < head.offset) {
      const { entries, through } = readAll(this.#view, Math.max(this.#told, this.#view.floor.offset), TOLD);
      for (const run of runs(entries)) this.#tell(run);
      this.#told = through;
    }
  }

  /** See `Log.read`. */
  async read(after: Position, filter: TopicFilter, limit: PageLimit): Promise<Page | Reset> {
    await this.#look();
    return readPage(this.#view, after, filter, limit);
  }

  /** See `Log.latest`. */
  async latest(filter: TopicFilter, n: number, through: Position): Promise<readonly Entry[]> {
    await this.#look();
    return latestEntries(this.#view, filter, n, through.offset, () => this.#look());
  }

  /** See `Log.follow`. */
  async *follow(after: Position, signal: AbortSignal): AsyncGenerator<Followed, void> {
    // Taken before anything else can be appended.
    const follower = this.#followers.add(signal);
    try {
      if (this.#closed) return;
      await this.#look();
      let last = Math.max(after.offset, this.#view.floor.offset);
      if (!this.#view.knows(after)) {
        // As it is told: while that is read, the view may go on.
        const position = this.#view.head;
        yield { reset: true, position };
        last = position.offset;
      }
      last = yield* this.#tellThrough(last, this.#view.head.offset, signal);
      for await (const told of follower) {
        if (told.reset) continue;
        const [first] = told.entries;
        const end = told.entries.at(-1);
        if (first === undefined || end === undefined || end.offset <= last) continue;
        // Who is slow is not told everything as it comes.
        if (first.offset > last + 1) last = yield* this.#tellThrough(last, first.offset - 1, signal);
        // It was stopped half-way, or its last page went further.
        if (first.offset > last + 1) return;
        if (end.offset <= last) continue;
        const entries = first.offset > last ? told.entries : told.entries.filter(({ offset }) => offset > last);
        last = end.offset;
        yield { entries };
      }
    } finally {
      follower.end();
    }
  }

  async ends(): Promise<Ends> {
    await this.#look();
    return { head: this.#view.head, evictedThrough: this.#view.floor };
  }

  /** Opens the files anew, after a failure while nobody in this process appends. */
  async reopen(): Promise<void> {
    if (!this.#closed) await this.#environment.reopen();
  }

  /** Frees the places of readers whose process is gone. */
  clearStaleReaders(): number {
    return this.#environment.clearReaders();
  }

  /** Ends followers and closes the files. The appender was closed before. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#followers.close();
    await this.#environment.close();
  }

  /** From here on, until the next wait, the view shows what was committed last. */
  async #look(): Promise<void> {
    while (this.#environment.reopening !== undefined) await this.#environment.reopening;
    this.#view.refresh();
  }

  #tell(entries: readonly Entry[]): void {
    const last = entries.at(-1);
    if (last === undefined) return;
    this.#followers.tell({ entries });
    this.#told = last.offset;
  }

  /** Tells what the store has after one offset through another. Answers how far it came. */
  async *#tellThrough(after: number, through: number, signal: AbortSignal): AsyncGenerator<Followed, number> {
    let last = after;
    while (last < through && !signal.aborted && !this.#closed) {
      await this.#look();
      const page = readAll(this.#view, Math.max(last, this.#view.floor.offset), TOLD);
      for (const entries of runs(page.entries)) yield { entries };
      last = page.through;
    }
    return last;
  }
}

/** Entries without a gap between them. */
function* runs(entries: readonly Entry[]): Generator<readonly Entry[], void> {
  let start = 0;
  for (const [index, { offset }] of entries.entries()) {
    const next = entries[index + 1];
    if (next?.offset === offset + 1) continue;
    yield entries.slice(start, index + 1);
    start = index + 1;
  }
}
