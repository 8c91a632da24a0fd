import type { Appended, Draft, Entry } from "tidings/log";
import type { BufferPool } from "./buffer-pool.ts";
import { BlockWriter, type SealedBlock } from "./block-writer.ts";

interface Call {
  readonly answers: readonly Appended[];
  readonly resolve: (answers: readonly Appended[]) => void;
  readonly reject: (error: unknown) => void;
}

/** What is committed together: calls of `append`, answered in order, and their entries in blocks. */
export class Group {
  readonly entries: Entry[] = [];
  readonly #calls: Call[] = [];
  readonly #writers: BlockWriter[] = [];
  readonly #weights: number[] = [];
  readonly #pool: BufferPool;
  /** When its first event came, by the wall clock. */
  readonly time: number;
  #bytes = 0;
  #answered = 0;

  constructor(pool: BufferPool, time: number) {
    this.#pool = pool;
    this.time = time;
  }

  /** What its entries weigh. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Takes the next entry of the log. */
  add(draft: Draft, offset: number, tag: number, time: number): void {
    let writer = this.#writers.at(-1);
    if (writer === undefined || !writer.takes(draft)) {
      writer = new BlockWriter(offset, this.#pool.take(BlockWriter.room(draft)));
      this.#writers.push(writer);
      this.#weights.push(0);
    }
    const weight = writer.add(draft, tag, time);
    this.#weights[this.#weights.length - 1] = (this.#weights.at(-1) ?? 0) + weight;
    this.#bytes += weight;
    const { topics, event, data, key, audience } = draft;
    this.entries.push({ version: 1, offset, tag, time, topics, event, data, key, private: draft.private, audience });
  }

  /** Settles when the group is committed, or has failed. */
  answered(answers: readonly Appended[]): Promise<readonly Appended[]> {
    return new Promise((resolve, reject) => this.#calls.push({ answers, resolve, reject }));
  }

  /**
   * Completes its blocks.
   *
   * @param total what all entries before weigh
   * @param keyed the first entry of the newest block before that has keys
   */
  seal(logTime: number, total: number, keyed: number): { readonly blocks: SealedBlock[]; readonly keyed: number } {
    let sum = total;
    let newest = keyed;
    const blocks = this.#writers.map((writer, index) => {
      const block = writer.seal({ logTime, total: (sum += this.#weights[index] ?? 0), keyed: newest });
      if (writer.hasKeys) newest = writer.first;
      return block;
    });
    return { blocks, keyed: newest };
  }

  /** It is durable: nothing reads from its buffers any more. */
  release(): void {
    for (const { buffer } of this.#writers.splice(0)) this.#pool.give(buffer);
  }

  /** Answers the next callers, so many. Whether all are answered now. */
  answer(most: number): boolean {
    const end = Math.min(this.#answered + most, this.#calls.length);
    for (; this.#answered < end; this.#answered++) {
      const call = this.#calls[this.#answered];
      call?.resolve(call.answers);
    }
    return end === this.#calls.length;
  }

  /** It is not, or that is not known. Its buffers may still be read from. */
  reject(error: unknown): void {
    for (const { reject } of this.#calls) reject(error);
  }
}
