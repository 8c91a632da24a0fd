import { HubError, type Appended, type Draft, type Entry, type Position } from "tidings/log";
import { Overtaken, type Appender } from "../appender.ts";
import { readMemory, type AppenderMemory } from "./appender-memory.ts";
import { checkRoom, notNow, reasonOf, unknownOutcome } from "./append-refusal.ts";
import { BufferPool } from "./buffer-pool.ts";
import type { Changes, Environment } from "./environment.ts";
import { Group } from "./group.ts";
import { writeIdentity } from "./identity.ts";
import { APPENDER_KEY, blockKey, PROBE_KEY, STATE_KEY } from "./keys.ts";
import { LogClock } from "./log-clock.ts";
import { Operations } from "./operations.ts";
import { isFull, putIndexChunk } from "./put-index-chunk.ts";
import { writeState, type State } from "./state.ts";
import type { StoreSettings } from "./store-settings.ts";

/** What goes into one commit at most, about; what comes beyond waits for the next. In bytes. */
const GROUP_BYTES = 4 * 1024 * 1024;
/** How many callers are answered before others have their turn. */
const ANSWERED = 128;
/** How often it looks for what has expired, and tries again after a failure, in milliseconds. */
const LOOK_AGAIN = 1_000;
/** What is written to see whether the disk takes something, in bytes. */
const PROBE_BYTES = 65_536;

/** What an appender is made with. */
export interface AppenderSettings {
  readonly environment: Environment;
  readonly epoch: string;
  readonly generation: number;
  readonly settings: StoreSettings;
  /** Entries are durable, and their appends were answered. */
  readonly onCommitted: (head: Position, entries: readonly Entry[]) => void;
  /** After a failure the environment was opened again: it may have more than was known. */
  readonly onReopened: () => void;
}

/** A group that is durable, and the head with it. */
interface Durable {
  readonly group: Group;
  readonly head: Position;
}

/** Appends by group commit: while one commit is in flight, what comes gathers for the next. */
export class StoreAppender implements Appender {
  readonly lost: Promise<void>;
  readonly #with: AppenderSettings;
  readonly #pool = new BufferPool();
  readonly #clock: LogClock;
  readonly #lose: () => void;
  #memory: AppenderMemory;
  /** The offset that was handed out last. */
  #next: number;
  #gathering: Group | undefined;
  /** What is durable, and not answered yet. */
  readonly #answering: Durable[] = [];
  /** How long the last commit took, in milliseconds. */
  #commitTime = 0;
  #waiting: Group[] = [];
  #working: Promise<void> | undefined;
  #stopLooking: () => void = () => undefined;
  #state: "open" | "failed" | "overtaken" | "closed" = "open";

  constructor(given: AppenderSettings) {
    this.#with = given;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.lost = promise;
    this.#lose = resolve;
    let clock: LogClock | undefined;
    this.#memory = readMemory(given.environment, given.epoch, given.settings, (newest) =>
      (clock = new LogClock(given.settings.runtime, newest)).now(),
    );
    this.#clock = clock ?? new LogClock(given.settings.runtime, 0);
    this.#next = this.#memory.state.head.offset;
    // What has expired meanwhile goes at once.
    this.#gathering = this.#newGroup();
    this.#work();
    this.#look();
  }

  get ready(): boolean {
    return this.#state === "open";
  }

  // Without `async`: a promise more for each event costs as much as writing it.
  append(drafts: readonly Draft[]): Promise<readonly Appended[]> {
    try {
      this.#check(drafts);
    } catch (error) {
      return Promise.reject(error);
    }
    if ((this.#gathering?.bytes ?? 0) > GROUP_BYTES) this.#endGroup();
    const group = (this.#gathering ??= this.#newGroup());
    const answers = drafts.map((draft) => this.#add(group, draft));
    this.#work();
    return group.answered(answers);
  }

  async close(): Promise<void> {
    if (this.#state === "closed") return;
    const wasOpen = this.#state === "open";
    this.#state = "closed";
    this.#stopLooking();
    while (this.#working !== undefined) await this.#working;
    this.#lose();
    const { environment, epoch, generation } = this.#with;
    if (!wasOpen || environment.reopening !== undefined) return;
    const left = writeIdentity({ format: 1, epoch, generation, socket: undefined });
    // Whoever comes next need not ask a socket where nobody listens. Nothing is lost if it fails.
    await environment.putIf(APPENDER_KEY, left, generation, generation).catch(() => false);
  }

  #check(drafts: readonly Draft[]): void {
    if (this.#state === "closed") throw new HubError("closed", "The log is closed");
    if (this.#state === "overtaken") throw new Overtaken();
    if (this.#state === "failed") throw notNow();
    let isKeyed = false;
    for (const draft of drafts) {
      checkRoom(draft);
      isKeyed ||= draft.key !== undefined;
    }
    if (!isKeyed) return;
    this.#memory.keys.expire(this.#clock.now());
    this.#memory.keys.refuseConflicts(drafts);
  }

  #add(group: Group, draft: Draft): Appended {
    const { keys } = this.#memory;
    const { key } = draft;
    const known = key === undefined ? undefined : keys.get(key.id);
    if (known !== undefined) return { position: known, duplicate: true };
    const tag = 1 + Math.floor(this.#with.settings.runtime.random() * 0xffff_ffff);
    const offset = ++this.#next;
    group.add(draft, offset, tag, group.time);
    const position = { epoch: this.#with.epoch, offset, tag };
    if (key !== undefined) keys.remember(key, position, this.#clock.now());
    return { position, duplicate: false };
  }

  #newGroup(): Group {
    return new Group(this.#pool, this.#with.settings.runtime.now());
  }

  #endGroup(): void {
    if (this.#gathering !== undefined) this.#waiting.push(this.#gathering);
    this.#gathering = undefined;
  }

  /** Looks from time to time for what has expired, with or without appends. */
  #look(): void {
    this.#stopLooking = this.#with.settings.runtime.after(LOOK_AGAIN, () => {
      if (this.#state !== "open") return;
      // An empty group takes what is to be evicted with it.
      this.#gathering ??= this.#newGroup();
      this.#work();
      this.#look();
    });
  }

  #work(): void {
    this.#working ??= this.#commitAll();
  }

  async #commitAll(): Promise<void> {
    for (;;) {
      await this.#answerFirst();
      if (this.#waiting.length === 0) this.#endGroup();
      const group = this.#waiting.shift();
      if (group !== undefined) await Promise.all([this.#tryCommit(group), this.#answerAll()]);
      else if (this.#answering.length === 0) break;
    }
    this.#working = undefined;
  }

  /**
   * Answers callers, some at a time: who was answered may publish again at once, and belongs to the next group. When that
   * has taken as long as a commit does, the group goes, and the others are answered meanwhile.
   */
  async #answerFirst(): Promise<void> {
    const begun = performance.now();
    do {
      this.#answerSome();
      await turn();
    } while (this.#answering.length > 0 && performance.now() - begun < this.#commitTime);
  }

  async #answerAll(): Promise<void> {
    while (this.#answering.length > 0) {
      this.#answerSome();
      await turn();
    }
  }

  #answerSome(): void {
    const [oldest] = this.#answering;
    if (oldest?.group.answer(ANSWERED) !== true) return;
    this.#answering.shift();
    const { head, group } = oldest;
    if (group.entries.length > 0) this.#with.onCommitted(head, group.entries);
  }

  async #tryCommit(group: Group): Promise<void> {
    const begun = performance.now();
    try {
      await this.#commit(group);
      this.#commitTime = performance.now() - begun;
    } catch (error) {
      await this.#answerAll();
      await this.#recover(group, error);
    }
  }

  async #commit(group: Group): Promise<void> {
    const { environment, epoch, generation } = this.#with;
    const memory = this.#memory;
    const changes = new Operations();
    const { state, more } = this.#prepare(group, changes);
    const { offset, tag } = state.head;
    const durable: Durable = { group, head: { epoch, offset, tag } };
    // What is evicted inside a block moves the floor alone.
    const isIdle = changes.empty && state.floor.offset === memory.state.floor.offset;
    if (isIdle && group.entries.length === 0) return void this.#answering.push(durable);
    changes.put(STATE_KEY, writeState(state));
    const committed = await environment.commit(APPENDER_KEY, generation, (each) => changes.apply(each));
    if (!committed) return this.#overtaken(group);
    memory.state = state;
    if (state.indexedThrough === state.head.offset) memory.tail.restart(state.indexedThrough);
    group.release();
    this.#answering.push(durable);
    if (more) this.#gathering ??= this.#newGroup();
  }

  /** What a commit does, and what is so when it is done. */
  #prepare(group: Group, changes: Changes): { readonly state: State; readonly more: boolean } {
    const { state: before, tail, kept, leftovers, eviction } = this.#memory;
    const { entries } = group;
    const now = this.#clock.now();
    const { blocks, keyed } = group.seal(now, before.head.total, before.keyed);
    for (const { first, bytes } of blocks) changes.put(blockKey(first), bytes);
    for (const { offset, topics } of entries) {
      tail.add(offset, topics);
      for (const topic of topics) kept.release(topic, changes);
    }
    const last = entries.at(-1);
    const total = before.head.total + group.bytes;
    const head = last === undefined ? before.head : { offset: last.offset, tag: last.tag, total };
    const { floor, more } = eviction.run({ before, head, blocks, now }, changes);
    leftovers.expire(now, changes);
    const isChunk = last !== undefined && isFull(tail);
    if (isChunk) putIndexChunk(tail, before.indexedThrough + 1, head.offset, floor.offset, changes);
    const logTime = last === undefined ? before.logTime : now;
    const indexedThrough = isChunk ? head.offset : before.indexedThrough;
    return { state: { floor, head, logTime, indexedThrough, keyed }, more };
  }

  #overtaken(group: Group): void {
    if (this.#state !== "closed") this.#state = "overtaken";
    this.#rejectAll(group, () => new Overtaken());
    this.#stopLooking();
    this.#lose();
  }

  /** A commit failed: whether it is there is not known. Nothing that is in memory counts any more. */
  async #recover(group: Group, error: unknown): Promise<void> {
    const { logger } = this.#with.settings;
    logger.error({ error }, "The log could not be written");
    if (this.#state === "open") this.#state = "failed";
    group.reject(unknownOutcome(error, reasonOf(this.#with.settings.path)));
    this.#rejectAll(undefined, notNow);
    if (this.#state !== "failed") return;
    while (!(await this.#reopen())) {
      if (this.#state !== "failed") return;
      await new Promise<void>((resolve) => this.#with.settings.runtime.after(LOOK_AGAIN, resolve));
    }
    if (this.#state !== "failed") return;
    this.#state = "open";
    logger.info({}, "The log can be written again");
    this.#look();
  }

  /** Opens the store anew, sees what is there, and tries to write. Whether that went well. */
  async #reopen(): Promise<boolean> {
    const { environment, epoch, generation, settings } = this.#with;
    this.#stopLooking();
    try {
      await environment.reopen();
      this.#memory = readMemory(environment, epoch, settings, () => this.#clock.now());
      this.#next = this.#memory.state.head.offset;
      const { damaged } = this.#memory;
      if (damaged > 0) settings.logger.error({ damaged }, "The newest entries of the log are damaged");
      this.#with.onReopened();
      const put = ({ put: putOne }: Changes): void => putOne(PROBE_KEY, Buffer.allocUnsafeSlow(PROBE_BYTES));
      const remove = ({ remove: removeOne }: Changes): void => removeOne(PROBE_KEY);
      for (const probe of [put, remove]) {
        if (!(await environment.commit(APPENDER_KEY, generation, probe))) {
          this.#overtaken(this.#newGroup());
          return true;
        }
      }
      return true;
    } catch (error) {
      settings.logger.warn({ error }, "The log still cannot be written");
      return false;
    }
  }

  #rejectAll(group: Group | undefined, error: () => Error): void {
    group?.reject(error());
    this.#endGroup();
    for (const each of this.#waiting.splice(0)) each.reject(error());
  }
}

/** Ends when what is waiting for the event loop had its turn. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
