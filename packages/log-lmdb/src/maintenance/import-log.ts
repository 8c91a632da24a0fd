import { existsSync } from "node:fs";
import { mkdir, rm, rmdir } from "node:fs/promises";
import { join } from "node:path";
import type { Entry, Range } from "tidings/log";
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
import { DAMAGED, TopicTail } from "../store/topic-tail.ts";
import { takeAlone } from "./in-use.ts";
import { LogError } from "./log-error.ts";
import { readHeader, readLine, type HeaderLine } from "./log-lines.ts";
import { dataFile } from "./open-log.ts";
import { putInPlace } from "./put-in-place.ts";
import type { Progress, Working } from "./working.ts";

/** How much goes into one commit. */
const ENTRIES = 1_000;
const BYTES = 1024 * 1024;
/** No one appends to a log that is being imported. */
const GENERATION = 1;

/**
 * Makes a log of exported lines, in a folder that has none. It is the same log: epoch, offsets, tags and times are those
 * of the lines, so that cursors go on being good. Where the original has gone on, the tags tell the two apart. A range
 * that the export says it does not have is one that the log does not have: subscribers are told a gap there. The log
 * is there when all of it is; an import that fails or is stopped leaves nothing.
 *
 * @param lines as `exportLog` gave them
 * @throws LogError `log-in-use` if there is a log, `bad-format`, also for an export that was cut
 */
export async function importLog(
  path: string,
  lines: AsyncIterable<unknown> | Iterable<unknown>,
  working: Working = {},
): Promise<{ readonly events: number }> {
  const isNew = (await mkdir(path, { recursive: true })) !== undefined;
  const letGo = takeAlone(path);
  const unfinished = join(path, "importing");
  try {
    if (existsSync(dataFile(path))) throw new LogError("log-in-use", `There is a log in ${path} already`);
    await rm(unfinished, { recursive: true, force: true });
    const events = await importInto(unfinished, lines, working);
    await putInPlace(unfinished, path);
    return { events };
  } finally {
    await rm(unfinished, { recursive: true, force: true });
    letGo();
    // Only an empty one goes.
    if (isNew) await rmdir(path).catch(() => undefined);
  }
}

async function importInto(
  path: string,
  lines: AsyncIterable<unknown> | Iterable<unknown>,
  { onProgress, signal }: Working,
): Promise<number> {
  let into: ImportedLog | undefined;
  try {
    for await (const line of lines) {
      signal?.throwIfAborted();
      if (into === undefined) {
        into = new ImportedLog(path, readHeader(line));
        await into.begin();
        continue;
      }
      const read = readLine(line);
      if ("missing" in read) await into.leaveOut(read.missing);
      else if (read.kept !== undefined) into.keep(read.kept, read);
      else if (await into.add(read)) onProgress?.(into.progress);
    }
    if (into === undefined) throw new LogError("bad-format", "There is nothing to import: not even a header");
    await into.end();
    onProgress?.(into.progress);
    return into.progress.events;
  } finally {
    await into?.close();
  }
}

class ImportedLog {
  readonly #environment: Environment;
  readonly #header: HeaderLine;
  readonly #pool = new BufferPool();
  readonly #tail = new TopicTail();
  #state: State;
  #group: Group;
  #changes = new Operations();
  #events = 0;

  constructor(path: string, header: HeaderLine) {
    // Nobody has it until it is put in its place, synced.
    this.#environment = new Environment({ path, sync: false });
    this.#header = header;
    const floor = markOf(header.evictedThrough);
    this.#state = { ...EMPTY, floor, head: floor, indexedThrough: floor.offset };
    this.#tail.restart(floor.offset);
    this.#group = new Group(this.#pool, 0);
  }

  /** How many entries were committed, and how many there are to come in all. */
  get progress(): Progress {
    const { head, evictedThrough } = this.#header;
    return { events: this.#events, total: head.offset - evictedThrough.offset };
  }

  async begin(): Promise<void> {
    const { epoch } = this.#header;
    const identity = writeIdentity({ format: 1, epoch, generation: GENERATION, socket: undefined });
    const isNew = await this.#environment.putIf(APPENDER_KEY, identity, GENERATION, undefined);
    if (!isNew) throw new LogError("log-in-use", "Another process has begun a log there");
    this.#changes.put(STATE_KEY, writeState(this.#state));
  }

  /** Takes the next entry. Whether it was committed with that. */
  async add(entry: Entry): Promise<boolean> {
    this.#expect(entry.offset);
    this.#group.add(entry, entry.offset, entry.tag, entry.time);
    if (this.#group.entries.length < ENTRIES && this.#group.bytes < BYTES) return false;
    await this.#commit();
    return true;
  }

  /** Goes on after entries that the export does not have. */
  async leaveOut({ after, through }: Range): Promise<void> {
    this.#expect(after.offset + 1);
    if (through.offset <= after.offset)
      throw new LogError("bad-format", `No event is after ${after.offset} through ${through.offset}`);
    // A block has no hole.
    await this.#commit();
    // Whoever looks for a topic is told that something is missing there, too; and who verifies the log, that it is known.
    for (let offset = after.offset + 1; offset <= through.offset; offset++) this.#tail.add(offset, [DAMAGED]);
    this.#state = { ...this.#state, head: { ...this.#state.head, offset: through.offset, tag: through.tag } };
    this.#changes.put(STATE_KEY, writeState(this.#state));
  }

  /**
   * Everything was taken.
   *
   * @throws LogError `bad-format` if that is not all
   */
  async end(): Promise<void> {
    this.#expect(this.#header.head.offset + 1);
    await this.#commit(this.#tail.of(DAMAGED).length > 0);
  }

  /** An offset is the next one. */
  #expect(offset: number): void {
    const last = this.#group.entries.at(-1)?.offset ?? this.#state.head.offset;
    if (offset <= last) throw new LogError("bad-format", `The offset ${offset} comes after ${last}`);
    if (offset === last + 1) return;
    throw new LogError(
      "bad-format",
      `The export is not whole: events ${last + 1} to ${offset - 1} are missing, of those through ` +
        `${this.#header.head.offset}. Nothing was imported; export the log again`,
    );
  }

  /** Takes the newest event of a topic that has no other. */
  keep(topic: string, entry: Entry): void {
    const buffer = Buffer.allocUnsafe(mostBytes(entry));
    const bytes = buffer.subarray(0, writeEntry(buffer, 0, entry, entry.time));
    this.#changes.put(keptKey(topic), writeKept(entry.offset, entry.tag, bytes));
  }

  /** @param isLast whether all of it is to be in the index that is stored */
  async #commit(isLast = false): Promise<void> {
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
      this.#state = { ...before, head, logTime, keyed };
    }
    // A hole is in one chunk as a whole: retention takes it at once.
    const { offset } = this.#state.head;
    if (isLast || (last !== undefined && isFull(this.#tail))) {
      putIndexChunk(this.#tail, before.indexedThrough + 1, offset, before.floor.offset, this.#changes);
      this.#state = { ...this.#state, indexedThrough: offset };
    }
    this.#changes.put(STATE_KEY, writeState(this.#state));
    const changes = this.#changes;
    const committed = await this.#environment.commit(APPENDER_KEY, GENERATION, (each) => changes.apply(each));
    if (!committed) throw new LogError("log-in-use", "Another process has opened the log while it was imported");
    if (this.#state.indexedThrough === offset) this.#tail.restart(offset);
    this.#group.release();
    this.#events += entries.length;
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
