import { concat } from "../hub/bytes.ts";
import type { SharedBytes, Sink, SinkListener } from "../hub/sink.ts";
import { GZIP_HEADER, storedBlocks } from "./gzip.ts";

/**
 * How many must share a batch for it to be compressed. A deflate costs about what the writes to so many cost: with
 * fewer, compressing would be most of the work. See docs/decisions/0013.
 */
const SHARED_BY = 8;

/**
 * Compresses bytes into blocks of raw deflate (RFC 1951). They MUST NOT refer to anything before them, MUST end on a byte
 * with all that was given in them, and none of them is the last one of a stream.
 */
export type Deflate = (bytes: Uint8Array) => Uint8Array;

/**
 * Writes gzip to another sink, without a compressor of its own. A batch that many are written is compressed once, into
 * blocks that refer to nothing before them and so are good in everyone's stream; the rest goes in stored blocks. There
 * is no trailer: it would hold a checksum over all of the stream, which each of them would have to keep.
 */
export class GzipSink implements Sink {
  readonly #sink: Sink;
  readonly #deflate: Deflate;
  #begun = false;

  constructor(sink: Sink, deflate: Deflate) {
    this.#sink = sink;
    this.#deflate = deflate;
  }

  get bufferedBytes(): number {
    return this.#sink.bufferedBytes;
  }

  listen(listener: SinkListener): void {
    this.#sink.listen(listener);
  }

  write(bytes: Uint8Array): boolean {
    return this.#send(storedBlocks(bytes));
  }

  writeShared(shared: SharedBytes): boolean {
    return this.#send((shared.encoded ??= this.#encode(shared)));
  }

  end(): void {
    this.#sink.end();
  }

  destroy(): void {
    this.#sink.destroy();
  }

  #send(blocks: Uint8Array): boolean {
    if (this.#begun) return this.#sink.write(blocks);
    this.#begun = true;
    return this.#sink.write(concat([GZIP_HEADER, blocks]));
  }

  #encode(shared: SharedBytes): Uint8Array {
    const bytes = shared.bytes();
    if (shared.population < SHARED_BY) return storedBlocks(bytes);
    const deflated = this.#deflate(bytes);
    return deflated.length < bytes.length ? deflated : storedBlocks(bytes);
  }
}
