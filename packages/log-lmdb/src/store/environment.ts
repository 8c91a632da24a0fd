import { getLastVersion, open, type RootDatabase } from "lmdb";
import { HubError } from "tidings/log";
import type { KeyRange } from "./keys.ts";

/** What a commit changes. */
export interface Changes {
  put(key: Uint8Array, value: Uint8Array): void;
  remove(key: Uint8Array): void;
}

/** What is found under a key. */
export interface Found {
  readonly key: Uint8Array;
  readonly value: Buffer;
}

/** How an environment is opened. */
export interface EnvironmentOptions {
  readonly path: string;
  /** Whether a commit is on the disk when it resolves. */
  readonly sync: boolean;
  /** Only to look: nothing is made or changed. */
  readonly readOnly?: boolean;
}

/** How many records are in memory at a time, of those that may be very many. */
const SOME = 64;

type Database = RootDatabase<Buffer, Uint8Array>;

/** One LMDB environment with one database of bytes. Reads are of one snapshot until `refresh`, or the next turn. */
export class Environment {
  readonly #options: EnvironmentOptions;
  #opened: Database | undefined;
  #reopening: Promise<void> | undefined;

  constructor(options: EnvironmentOptions) {
    this.#options = options;
    this.#opened = this.#open();
  }

  /** Pending while it is closed and opened again: nothing can be read meanwhile. */
  get reopening(): Promise<void> | undefined {
    return this.#reopening;
  }

  get #database(): Database {
    if (this.#opened === undefined) throw new HubError("log-failed", "The log was closed after a failure, or for good");
    return this.#opened;
  }

  #open(): Database {
    const { path, sync, readOnly = false } = this.#options;
    const options = {
      path,
      readOnly,
      noSubdir: false,
      encoding: "binary",
      keyEncoding: "binary",
      useVersions: true,
      // With it commits would be visible before they are on the disk.
      overlappingSync: false,
      noSync: !sync,
      commitDelay: 0,
      eventTurnBatching: false,
      maxReaders: 1_024,
      // What is published is not for everyone on the machine.
      permissionsMode: 0o600,
    } as const;
    return open<Buffer, Uint8Array>(options);
  }

  /**
   * Closes it, and opens it again: after a commit failed nothing that it has in memory is to be trusted.
   *
   * @throws Error if it cannot be opened. It stays closed then.
   */
  async reopen(): Promise<void> {
    const reopening = (async () => {
      await this.close();
      this.#opened = this.#open();
    })();
    this.#reopening = reopening.catch(() => undefined);
    try {
      await reopening;
    } finally {
      this.#reopening = undefined;
    }
  }

  /** From here on reads see what was committed last, by any process. */
  refresh(): void {
    this.#database.resetReadTxn();
  }

  /** The value under a key. It is in a buffer that the next read writes over. */
  get(key: Uint8Array): Buffer | undefined {
    return this.#database.getBinaryFast(key);
  }

  /** How many bytes the last value that was read has. */
  get lastSize(): number {
    return (this.#database as unknown as { readonly lastSize: number }).lastSize;
  }

  /** The version of the last record that was read. */
  get lastVersion(): number {
    return getLastVersion();
  }

  /** Keys in order, from the start of a range on. */
  keys({ start, end }: KeyRange, limit: number): Uint8Array[] {
    return [...this.#database.getKeys({ start, end, limit })];
  }

  /** The first key of a range. */
  firstKey(range: KeyRange): Uint8Array | undefined {
    return this.keys(range, 1)[0];
  }

  /** The last key of a range that is not above another. */
  lastKey({ start }: KeyRange, atMost: Uint8Array): Uint8Array | undefined {
    for (const key of this.#database.getKeys({ start: atMost, end: start, reverse: true, limit: 1 })) {
      return Buffer.compare(key, start) < 0 ? undefined : key;
    }
    return undefined;
  }

  /** Keys with copies of their values, in order. */
  records({ start, end }: KeyRange, limit: number): Found[] {
    return [...this.#database.getRange({ start, end, limit })].map(({ key, value }) => ({ key, value }));
  }

  /** All records of a range, in order, some at a time. */
  *all({ start, end }: KeyRange): Generator<Found, void> {
    for (let from = start; ;) {
      const records = this.records({ start: from, end }, SOME);
      yield* records;
      const last = records.at(-1);
      if (last === undefined) return;
      from = Buffer.concat([last.key, Buffer.of(0)]);
    }
  }

  /**
   * Commits changes together, if a key's record still has a version.
   *
   * @returns false if it has another one; then nothing was changed
   * @throws if the commit failed: whether it is there is not known, and the environment must be closed
   */
  async commit(key: Uint8Array, version: number, change: (changes: Changes) => void): Promise<boolean> {
    const database = this.#database;
    return this.#settled(
      database.ifVersion(key, version, () =>
        change({
          // What the calls answer is part of what `ifVersion` does.
          put: (each, value) => void database.put(each, value as Buffer, 0),
          remove: (each) => void database.remove(each),
        }),
      ),
    );
  }

  /** Puts a record with a version, if the one that is there has another given version; none is there for `undefined`. */
  async putIf(key: Uint8Array, value: Buffer, version: number, before: number | undefined): Promise<boolean> {
    const database = this.#database;
    const put = (): void => void database.put(key, value, version);
    return this.#settled(before === undefined ? database.ifNoExists(key, put) : database.ifVersion(key, before, put));
  }

  /** Copies it, without what is free in it, to a folder that is made for it. */
  async copyTo(path: string): Promise<void> {
    await this.#database.backup(path, true);
  }

  /** Frees the places of readers that are gone. Answers how many there were. */
  clearReaders(): number {
    return this.#database.readerCheck();
  }

  async close(): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    await opened?.close();
  }

  async #settled(committed: Promise<boolean>): Promise<boolean> {
    try {
      return await committed;
    } catch (error) {
      // The reason comes in a promise of its own, which nobody else looks at.
      let reason = String(error);
      await (error as { readonly commitError?: Promise<unknown> }).commitError?.catch((told: unknown) => {
        reason = String(told);
      });
      throw new Error(`A commit failed: ${reason}`, { cause: error });
    }
  }
}
