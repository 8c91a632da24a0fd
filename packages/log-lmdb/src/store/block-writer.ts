import type { Draft } from "tidings/log";
import { BLOCK_FORMAT, headerChecksum, weightOf } from "./block.ts";
import { checksum } from "./checksum.ts";
import { mostBytes, writeEntry } from "./entry-format.ts";

/** About how large a block becomes, in bytes. An entry that is larger has one of its own. */
export const BLOCK_BYTES = 65_536;

/** What is known of a block when it is committed. */
export interface SealWith {
  /** The log's clock. */
  readonly logTime: number;
  /** What all entries ever, through its last, weigh. */
  readonly total: number;
  /** The first entry of the newest block before it that has keys. */
  readonly keyed: number;
}

/** A block that is complete but for what is known when it is committed. */
export interface SealedBlock {
  readonly first: number;
  readonly last: number;
  readonly bytes: Buffer;
}

/** Writes entries next to each other into one buffer. */
export class BlockWriter {
  readonly first: number;
  readonly #buffer: Buffer;
  // End, tag and checksum of each.
  readonly #directory: number[] = [];
  #end: number = BLOCK_FORMAT.header;
  #flags = 0;

  /** @param buffer with room for the first entry */
  constructor(first: number, buffer: Buffer) {
    this.first = first;
    this.#buffer = buffer;
  }

  /** How large a buffer must be that a draft is the first in. */
  static room(draft: Draft): number {
    return Math.max(BLOCK_BYTES, BLOCK_FORMAT.header + BLOCK_FORMAT.directoryEntry + mostBytes(draft));
  }

  /** Where it writes. */
  get buffer(): Buffer {
    return this.#buffer;
  }

  /** Whether one of its entries has an idempotency key. */
  get hasKeys(): boolean {
    return (this.#flags & BLOCK_FORMAT.hasKeys) !== 0;
  }

  get count(): number {
    return this.#directory.length / 3;
  }

  /** Whether a draft is certain to find room. */
  takes(draft: Draft): boolean {
    const directory = (this.count + 1) * BLOCK_FORMAT.directoryEntry;
    return this.#end + mostBytes(draft) + directory <= this.#buffer.length;
  }

  /** Adds an entry at the next offset. Answers what it weighs. */
  add(draft: Draft, tag: number, time: number): number {
    const start = this.#end;
    this.#end = writeEntry(this.#buffer, start, draft, time);
    const sum = checksum(this.#buffer.subarray(start, this.#end), this.first + this.count, tag);
    this.#directory.push(this.#end, tag, sum);
    if (draft.key !== undefined) this.#flags |= BLOCK_FORMAT.hasKeys;
    return weightOf(this.#end - start);
  }

  /** Completes the block. */
  seal({ logTime, total, keyed }: SealWith): SealedBlock {
    const buffer = this.#buffer;
    const { count } = this;
    let end = this.#end;
    for (const word of this.#directory) end = buffer.writeUInt32LE(word, end);
    buffer[0] = BLOCK_FORMAT.version;
    buffer[1] = this.#flags;
    buffer.writeUInt16LE(0, 2);
    buffer.writeUInt32LE(count, BLOCK_FORMAT.count);
    buffer.writeDoubleLE(logTime, BLOCK_FORMAT.logTime);
    buffer.writeDoubleLE(total, BLOCK_FORMAT.total);
    buffer.writeDoubleLE(keyed, BLOCK_FORMAT.keyed);
    buffer.writeUInt32LE(this.#end, BLOCK_FORMAT.directory);
    buffer.writeUInt32LE(headerChecksum(buffer, this.first, this.#end, end), BLOCK_FORMAT.checksum);
    return { first: this.first, last: this.first + count - 1, bytes: buffer.subarray(0, end) };
  }
}
