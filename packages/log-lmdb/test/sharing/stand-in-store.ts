import { HubError, type Appended, type Draft } from "tidings/log";
import { Overtaken, type Appender, type AppenderRecord } from "../../src/appender.ts";
import type { SharedStore } from "../../src/sharing/shared-store.ts";

/** What stands for the file: what every process sees. */
export class SharedFile {
  record: AppenderRecord = { generation: 0, socket: undefined };
  readonly entries: { readonly draft: Draft; readonly generation: number }[] = [];
  /** A commit waits for it. */
  disk: Promise<void> = Promise.resolve();
  /** A claim that has succeeded waits for it: there is much to read first. */
  reading: Promise<void> = Promise.resolve();
  /** What a claim fails with. */
  failure: Error | undefined;

  get texts(): string[] {
    return this.entries.map(({ draft }) => draft.data);
  }
}

/** One process's view of the file. */
export class StandInStore implements SharedStore {
  readonly file: SharedFile;
  /** How far this process has looked. */
  seen = 0;
  /** A commit has failed: nothing goes until it is opened again. */
  mustReopen = false;
  onCommitted: (head: number) => void = () => {};

  constructor(file: SharedFile) {
    this.file = file;
  }

  appenderRecord(): AppenderRecord {
    return this.file.record;
  }

  async claim(generation: number, socket: string): Promise<Appender | undefined> {
    await this.file.disk;
    if (this.mustReopen) throw new Error("It has to be opened again");
    if (this.file.failure !== undefined) {
      this.mustReopen = true;
      throw this.file.failure;
    }
    if (this.file.record.generation !== generation) return undefined;
    this.file.record = { generation: generation + 1, socket };
    await this.file.reading;
    return new StandInAppender(this, generation + 1);
  }

  refresh(): void {
    this.seen = this.file.entries.length;
  }

  async reopen(): Promise<void> {
    this.mustReopen = false;
  }

  clearStaleReaders(): void {}
}

class StandInAppender implements Appender {
  readonly lost: Promise<void>;
  readonly ready = true;
  readonly #store: StandInStore;
  readonly #generation: number;
  #lose: () => void = () => {};
  #last: Promise<unknown> = Promise.resolve();

  constructor(store: StandInStore, generation: number) {
    this.#store = store;
    this.#generation = generation;
    this.lost = new Promise((resolve) => (this.#lose = resolve));
  }

  append(drafts: readonly Draft[]): Promise<readonly Appended[]> {
    if (drafts.some(({ data }) => data === "conflict"))
      return Promise.reject(new HubError("conflict", "Another payload"));
    const appended = this.#last.then(async () => {
      await this.#store.file.disk;
      return this.#commit(drafts);
    });
    this.#last = appended.catch(() => {});
    return appended;
  }

  async close(): Promise<void> {
    await this.#last;
    const { file } = this.#store;
    if (file.record.generation === this.#generation) file.record = { ...file.record, socket: undefined };
    this.#lose();
  }

  #commit(drafts: readonly Draft[]): Appended[] {
    const { file } = this.#store;
    if (file.record.generation !== this.#generation) {
      this.#lose();
      throw new Overtaken();
    }
    const answers = drafts.map((draft): Appended => {
      const offset = file.entries.push({ draft, generation: this.#generation });
      return { position: { epoch: "e", offset, tag: offset }, duplicate: false };
    });
    this.#store.seen = file.entries.length;
    this.#store.onCommitted(file.entries.length);
    return answers;
  }
}
