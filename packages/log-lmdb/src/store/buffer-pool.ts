import { BLOCK_BYTES } from "./block-writer.ts";

/** How many buffers wait to be used again. */
const MOST = 64;

/** Buffers for blocks, used again and again: a commit of one small event would else take 64 KiB of new memory. */
export class BufferPool {
  readonly #buffers: Buffer[] = [];

  /** A buffer of at least so many bytes. */
  take(bytes: number): Buffer {
    // One of its own: lmdb asks for the address of a buffer's whole memory.
    return (bytes <= BLOCK_BYTES ? this.#buffers.pop() : undefined) ?? Buffer.allocUnsafeSlow(bytes);
  }

  /** Nothing reads from it any more. */
  give(buffer: Buffer): void {
    if (buffer.length === BLOCK_BYTES && this.#buffers.length < MOST) this.#buffers.push(buffer);
  }
}
