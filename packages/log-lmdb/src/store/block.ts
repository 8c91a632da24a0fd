import type { Entry, IdempotencyKey } from "tidings/log";
import { checksum } from "./checksum.ts";
import { readEntry, readKey, readTopics } from "./entry-format.ts";

/** How a block is laid out: a header, the entries' bytes, a directory. All numbers are little-endian. */
export const BLOCK_FORMAT = {
  version: 1,
  /** In the header's second byte: whether an entry has an idempotency key. */
  hasKeys: 1,
  /** Where in the header: how many entries; the log's clock; what all entries through here weigh. */
  count: 4,
  logTime: 8,
  total: 16,
  /** The first entry of the block before it with idempotency keys. */
  keyed: 24,
  directory: 32,
  /** The checksum of the header up to here and of the directory. */
  checksum: 36,
  header: 40,
  /** A directory's entry: where the bytes end, the tag, the checksum. */
  directoryEntry: 12,
} as const;

/** What an entry weighs in the log: its bytes and its place in the directory. */
export function weightOf(bytes: number): number {
  return bytes + BLOCK_FORMAT.directoryEntry;
}

/** Entries that were committed together, as they are stored. Its bytes may be gone after the next read of the store. */
export class Block {
  readonly #bytes: Buffer;
  readonly #directory: number;
  /** The first entry's offset. */
  readonly first: number;
  readonly count: number;
  /** When it was committed, in milliseconds of the log's own clock, which never goes back. */
  readonly logTime: number;
  /** What all entries ever, through the last of this block, weigh. */
  readonly total: number;
  readonly hasKeys: boolean;
  /** The first entry of the newest block before it that has keys; 0 if there is none. */
  readonly keyed: number;

  private constructor(bytes: Buffer, first: number) {
    this.#bytes = bytes;
    this.first = first;
    this.count = bytes.readUInt32LE(BLOCK_FORMAT.count);
    this.logTime = bytes.readDoubleLE(BLOCK_FORMAT.logTime);
    this.total = bytes.readDoubleLE(BLOCK_FORMAT.total);
    this.keyed = bytes.readDoubleLE(BLOCK_FORMAT.keyed);
    this.#directory = bytes.readUInt32LE(BLOCK_FORMAT.directory);
    this.hasKeys = ((bytes[1] ?? 0) & BLOCK_FORMAT.hasKeys) !== 0;
  }

  /** A block from its bytes, or `undefined` if its header or its directory is damaged. */
  static read(bytes: Buffer, length: number, first: number): Block | undefined {
    if (length < BLOCK_FORMAT.header || bytes[0] !== BLOCK_FORMAT.version) return undefined;
    const directory = bytes.readUInt32LE(BLOCK_FORMAT.directory);
    const count = bytes.readUInt32LE(BLOCK_FORMAT.count);
    if (directory + count * BLOCK_FORMAT.directoryEntry !== length) return undefined;
    if (bytes.readUInt32LE(BLOCK_FORMAT.checksum) !== headerChecksum(bytes, first, directory, length)) return undefined;
    return new Block(bytes, first);
  }

  /** The last entry's offset. */
  get last(): number {
    return this.first + this.count - 1;
  }

  /** What its entries weigh. */
  get weight(): number {
    return this.#directory - BLOCK_FORMAT.header + this.count * BLOCK_FORMAT.directoryEntry;
  }

  tagAt(offset: number): number {
    return this.#bytes.readUInt32LE(this.#place(offset) + 4);
  }

  weightAt(offset: number): number {
    return weightOf(this.#end(offset) - this.#start(offset));
  }

  /** The entry at an offset, or `undefined` if its bytes are damaged. */
  entryAt(offset: number): Entry | undefined {
    if (!this.isWhole(offset)) return undefined;
    return readEntry(this.#bytes, this.#start(offset), this.#end(offset), offset, this.tagAt(offset));
  }

  /** The topics of the entry at an offset, or `undefined` if its bytes are damaged. */
  topicsAt(offset: number): string[] | undefined {
    return this.isWhole(offset) ? readTopics(this.#bytes, this.#start(offset)) : undefined;
  }

  /** The idempotency key of the entry at an offset, if it has one and its bytes are not damaged. */
  keyAt(offset: number): IdempotencyKey | undefined {
    return this.isWhole(offset) ? readKey(this.#bytes, this.#start(offset)) : undefined;
  }

  /** A copy of an entry's bytes. */
  bytesAt(offset: number): Buffer {
    return Buffer.from(this.#bytes.subarray(this.#start(offset), this.#end(offset)));
  }

  /** Whether the bytes at an offset are those that were written. */
  isWhole(offset: number): boolean {
    const bytes = this.#bytes.subarray(this.#start(offset), this.#end(offset));
    return checksum(bytes, offset, this.tagAt(offset)) === this.#bytes.readUInt32LE(this.#place(offset) + 8);
  }

  #place(offset: number): number {
    return this.#directory + (offset - this.first) * BLOCK_FORMAT.directoryEntry;
  }

  #start(offset: number): number {
    return offset === this.first ? BLOCK_FORMAT.header : this.#end(offset - 1);
  }

  #end(offset: number): number {
    return this.#bytes.readUInt32LE(this.#place(offset));
  }
}

/** The checksum of a block's header and directory. */
export function headerChecksum(bytes: Buffer, first: number, directory: number, length: number): number {
  const header = checksum(bytes.subarray(0, BLOCK_FORMAT.checksum), first);
  return checksum(bytes.subarray(directory, length), 0, header);
}
