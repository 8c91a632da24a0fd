import { DedupeWindow, HubError, type Appended, type Draft, type Entry, type Position } from "tidings/log";
import { Overtaken, type Appender } from "../appender.ts";
import { BufferPool } from "./buffer-pool.ts";
import type { Environment } from "./environment.ts";
import { Group } from "./group.ts";
import { writeChunk, writeOffsets } from "./index-chunk.ts";
import { APPENDER_KEY, blockKey, chunkKey, STATE_KEY, topicKey } from "./keys.ts";
import { LogClock } from "./log-clock.ts";
import type { State } from "./state.ts";
import { writeState } from "./state.ts";
import type { StoreSettings } from "./store-settings.ts";
import { TopicTail } from "./topic-tail.ts";
import { View } from "./view.ts";

/** How many entries a chunk of the index has at least. */
const CHUNK_ENTRIES = 4_096;
/** What goes into one commit at most, about; what comes beyond waits for the next. */
const GROUP_BYTES = 4 * 1024 * 1024;
/** A topic is part of a key of the index: the longest key, less its other parts. */
const MOST_TOPIC_BYTES = 1_900;

/** What the appender tells its store. */
export interface AppenderEvents {
  /** Entries are durable. Called after their appends were answered, in order. */
  committed(head: Position, entries: readonly Entry[]): void;
  /** It appends no more. */
  lost(): void;
}

/** Appends by group commit: while one commit is in flight, what comes gathers for the next. */
export class StoreAppender implements Appender {
  readonly lost: Promise<void>;
  readonly #environment: Environment;
  readonly #epoch: string;
  readonly #generation: number;
  readonly #settings: StoreSettings;
  readonly #events: AppenderEvents;
  readonly #pool = new BufferPool();
  readonly #keys: DedupeWindow;
  readonly #tail = new TopicTail();
  readonly #clock: LogClock;
  readonly #lose: () => void;
  /** As it was committed last. */
  #state: State;
  /** The offset that was handed out last. */
  #next: number;
  #gathering: Group | undefined;
  #waiting: Group[] = [];
  #committing: Promise<void> | undefined;
  #closed = false;
  #isLost = false;

  constructor(
    environment: Environment,
    epoch: string,
    generation: number,
    settings: StoreSettings,
    events: AppenderEvents,
  ) {
    this.#environment = environment;
    this.#epoch = epoch;
    this.#generation = generation;
    this.#settings = settings;
    this.#events = events;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.lost = promise;
    this.#lose = resolve;
    const view = new View(environment, epoch);
    this.#state = view.refresh();
    this.#next = this.#state.head.offset;
    this.#clock = new LogClock(settings.runtime, this.#state.logTime);
    this.#keys = new DedupeWindow(settings.dedupeWindow, settings.maxKeys);
    this.#tail.restart(view.tail.from);
    for (const [topic, offsets] of view.tail.lists) for (const offset of offsets) this.#tail.add(offset, [topic]);
  }

  get ready(): boolean {
    return !this.#closed && !this.#isLost;
  }

  async append(drafts: readonly Draft[]): Promise<readonly Appended[]> {
    if (this.#closed) throw new HubError("closed", "The log is closed");
    if (this.#isLost) throw new Overtaken();
    for (const { topics } of drafts) checkTopics(topics);
    const logTime = this.#clock.now();
    this.#keys.expire(logTime);
    this.#keys.refuseConflicts(drafts);
    if ((this.#gathering?.bytes ?? 0) > GROUP_BYTES) this.#endGroup();
    const group = (this.#gathering ??= new Group(this.#pool));
    const time = this.#settings.runtime.now();
    const answers = drafts.map((draft) => this.#add(group, draft, time, logTime));
    const answered = group.answered(answers);
    this.#start();
    return answered;
  }

  async close(): Promise<void> {
    this.#closed = true;
    while (this.#committing !== undefined) await this.#committing;
    this.#lose();
  }

  #add(group: Group, draft: Draft, time: number, logTime: number): Appended {
    const known = draft.key === undefined ? undefined : this.#keys.get(draft.key.id);
    if (known !== undefined) return { position: known, duplicate: true };
    const tag = 1 + Math.floor(this.#settings.runtime.random() * 0xffff_ffff);
    const offset = ++this.#next;
    group.add(draft, offset, tag, time);
    const position = { epoch: this.#epoch, offset, tag };
    if (draft.key !== undefined) this.#keys.remember(draft.key, position, logTime);
    return { position, duplicate: false };
  }

  #endGroup(): void {
    if (this.#gathering !== undefined) this.#waiting.push(this.#gathering);
    this.#gathering = undefined;
  }

  #start(): void {
    this.#committing ??= new Promise<void>((resolve) => setImmediate(resolve)).then(async () => {
      for (;;) {
        if (this.#waiting.length === 0) this.#endGroup();
        const group = this.#waiting.shift();
        if (group === undefined) break;
        await this.#commit(group);
        // Who was answered may publish again at once, and belongs to the next group.
        await new Promise((resolve) => setImmediate(resolve));
      }
      this.#committing = undefined;
    });
  }

  async #commit(group: Group): Promise<void> {
    const { entries } = group;
    const last = entries.at(-1);
    if (last === undefined) return group.resolve();
    const before = this.#state;
    const logTime = this.#clock.now();
    const blocks = group.seal(logTime, before.head.total);
    for (const { offset, topics } of entries) this.#tail.add(offset, topics);
    const isChunk = last.offset - this.#tail.from >= CHUNK_ENTRIES;
    const state: State = {
      floor: before.floor,
      head: { offset: last.offset, tag: last.tag, total: before.head.total + group.bytes },
      logTime,
      indexedThrough: isChunk ? last.offset : before.indexedThrough,
    };
    const committed = await this.#environment.commit(APPENDER_KEY, this.#generation, ({ put }) => {
      for (const { first, bytes } of blocks) put(blockKey(first), bytes);
      put(STATE_KEY, writeState(state));
      if (isChunk) this.#putChunk(put, before.indexedThrough + 1, last.offset);
    });
    if (!committed) {
      this.#isLost = true;
      group.reject(new Overtaken());
      this.#endGroup();
      for (const each of this.#waiting.splice(0)) each.reject(new Overtaken());
      this.#lose();
      this.#events.lost();
      return;
    }
    this.#state = state;
    if (isChunk) this.#tail.restart(last.offset);
    group.resolve();
    this.#events.committed({ epoch: this.#epoch, offset: last.offset, tag: last.tag }, entries);
  }

  #putChunk(put: (key: Uint8Array, value: Uint8Array) => void, first: number, through: number): void {
    const newest = new Map<string, number>();
    for (const [topic, offsets] of this.#tail.lists) {
      put(topicKey(topic, first), writeOffsets(first, offsets));
      newest.set(topic, offsets.at(-1) ?? through);
    }
    put(chunkKey(first), writeChunk(first, { through, newest }));
  }
}

function checkTopics(topics: readonly string[]): void {
  for (const topic of topics) {
    // Three bytes are the most that a character of a text takes.
    if (topic.length * 3 > MOST_TOPIC_BYTES && Buffer.byteLength(topic) > MOST_TOPIC_BYTES) {
      throw new HubError("bad-topic", `A topic of this log has at most ${MOST_TOPIC_BYTES} bytes`);
    }
  }
}
