import { existsSync } from "node:fs";
import type { Entry } from "tidings/log";
import { BufferPool } from "../store/buffer-pool.ts";
import { mostBytes, writeEntry } from "../store/entry-format.ts";
import { Environment } from "../store/environment.ts";
import { Group } from "../store/group.ts";
import { writeIdentity } from "../store/identity.ts";
import { APPENDER_KEY, blockKey, keptKey, STATE_KEY } from "../store/keys.ts";
import { writeKept } from "../store/kept-event.ts";
import { Operations } from "../store/operations.ts";
import { isFull, putIndexChunk } from "../store/put-index-chunk.ts";
import { EMPTY, writeState, type State } from "../store/state.ts";
import { TopicTail } from "../store/topic-tail.ts";
import { LogError } from "./log-error.ts";
import { readHeader, readLine } from "./log-lines.ts";
import { dataFile } from "./open-log.ts";
import type { Working } from "./working.ts";

/** How much goes into one commit. */
const ENTRIES = 1_000;
const BYTES = 1024 * 1024;
/** No one appends to a log that is being imported. */
const GENERATION = 1;

/**
 * Makes a log of exported lines, in a folder that has none. It is the same log: epoch, offsets, tags and times are those
 * of the lines, so that cursors go on being good. Where the original has gone on, the tags tell the two apart. What
 * is stopped half-way is a log that ends earlier.
 *
 * @param lines as `exportLog` gave them
 * @throws LogError `log-in-use` if there is a log, `bad-format`
 */
export async function importLog(
  path: string,
  lines: AsyncIterable<unknown> | Iterable<unknown>,
  { onProgress, signal }: Working = {},
): Promise<{ readonly events: number }> {
  if (existsSync(dataFile(path))) throw new LogError("log-in-use", `There is a log in ${path} already`);
  let into: ImportedLog | undefined;
  let total = 0;
  try {
    for await (const line of lines) {
      signal?.throwIfAborted();
      if (into === undefined) {
        const { epoch, head, evictedThrough } = readHeader(line);
        total = head.offset - evictedThrough.offset;
        into = new ImportedLog(path, { ...EMPTY.floor, ...evictedThrough });
        await into.begin(epoch);
        continue;
      }
      const entry = readLine(line);
      if (entry === undefined) continue;
      if (entry.kept === undefined) {
        if (await into.add(entry)) onProgress?.({ events: into.events, total });
      } else into.keep(entry.kept, entry);
    }
    if (into === undefined) throw new LogError("bad-format", "There is nothing to import: not even a header");
    await into.commit();
    onProgress?.({ events: into.events, total });
    return { events: into.events };
  } finally {
    await into?.close();
  }
}

class ImportedLog {
  readonly #environment: Environment;
  readonly #pool = new BufferPool();
  readonly #tail = new TopicTail();
  #state: State;
  #group: Group;
  #changes = new Operations();
  /** How many entries it has. */
  events = 0;

  constructor(path: string, floor: State["floor"]) {
    // Synced at the end of each commit: an import that says it is done is done.
    this.#environment = new Environment({ path, sync: true });
    this.#state = { ...EMPTY, floor: markOf(floor), head: markOf(floor), indexedThrough: floor.offset };
    this.#tail.restart(floor.offset);
    this.#group = new Group(this.#pool, 0);
  }

  async begin(epoch: string): Promise<void> {
    const identity = writeIdentity({ format: 1, epoch, generation: GENERATION, socket: undefined });
    const isNew = await this.#environment.putIf(APPENDER_KEY, identity, GENERATION, undefined);
    if (!isNew) throw new LogError("log-in-use", "Another process has begun a log there");
    this.#changes.put(STATE_KEY, writeState(this.#state));
  }

  /** Takes the next entry. Whether it was committed with that. */
  async add(entry: Entry): Promise<boolean> {
    const last = this.#group.entries.at(-1)?.offset ?? this.#state.head.offset;
    if (entry.offset <= last) throw new LogError("bad-format", `The offset ${entry.offset} comes after ${last}`);
    // A block has no hole: where some are missing, another one begins.
    if (entry.offset > last + 1 && this.#group.entries.length > 0) await this.commit();
    this.#group.add(entry, entry.offset, entry.tag, entry.time);
    if (this.#group.entries.length < ENTRIES && this.#group.bytes < BYTES) return false;
    await this.commit();
    return true;
  }

  /** Takes the newest event of a topic that has no other. */
  keep(topic: string, entry: Entry): void {
    const buffer = Buffer.allocUnsafe(mostBytes(entry));
    const bytes = buffer.subarray(0, writeEntry(buffer, 0, entry, entry.time));
    this.#changes.put(keptKey(topic), writeKept(entry.offset, entry.tag, bytes));
  }

  async commit(): Promise<void> {
    const { entries, bytes } = this.#group;
    const last = entries.at(-1);
    const before = this.#state;
    if (last !== undefined) {
      // The log's clock does not go back, whatever the wall's did.
      const logTime = entries.reduce((latest, { time }) => Math.max(latest, time), before.logTime);
      const { blocks, keyed } = this.#group.seal(logTime, before.head.total, before.keyed);
      for (const block of blocks) this.#changes.put(blockKey(block.first), block.bytes);
      for (const { offset, topics } of entries) this.#tail.add(offset, topics);
      const head = { offset: last.offset, tag: last.tag, total: before.head.total + bytes };
      const isChunk = isFull(this.#tail, head.offset);
      if (isChunk)
        putIndexChunk(this.#tail, before.indexedThrough + 1, head.offset, before.floor.offset, this.#changes);
      const indexedThrough = isChunk ? head.offset : before.indexedThrough;
      this.#state = { floor: before.floor, head, logTime, indexedThrough, keyed };
      this.#changes.put(STATE_KEY, writeState(this.#state));
    }
    const changes = this.#changes;
    const committed = await this.#environment.commit(APPENDER_KEY, GENERATION, (each) => changes.apply(each));
    if (!committed) throw new LogError("log-in-use", "Another process has opened the log while it was imported");
    if (this.#state.indexedThrough === this.#state.head.offset) this.#tail.restart(this.#state.indexedThrough);
    this.#group.release();
    this.events += entries.length;
    this.#group = new Group(this.#pool, 0);
    this.#changes = new Operations();
  }

  async close(): Promise<void> {
    await this.#environment.close();
  }
}

function markOf({ offset, tag }: Pick<State["floor"], "offset" | "tag">): State["floor"] {
  return { offset, tag, total: 0 };
}
