/** Bytes that say how long a frame is, before it: unsigned, the highest first. */
const PREFIX = 4;

/** What came over a connection is not of the protocol. The connection is closed, and nothing else happens. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";
}

/** A text as a frame: its length in bytes, then its bytes. */
export function frameOf(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const bytes = Buffer.allocUnsafe(PREFIX + length);
  bytes.writeUInt32BE(length);
  bytes.write(text, PREFIX);
  return bytes;
}

/** Cuts a stream of bytes into frames, and holds what has come of the next one. */
export class FrameReader {
  /** Of a frame. What claims to be longer is refused when its first bytes have come, before anything is held for it. */
  maxBytes: number;
  // Joined once a frame is whole: joining at every chunk would copy a long frame again and again.
  #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  /**
   * The texts of the frames that are whole with this chunk.
   *
   * @throws ProtocolError if a frame is too long
   */
  *read(chunk: Buffer): Generator<string, void> {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    for (;;) {
      const length = this.#nextLength();
      if (length === undefined || this.#bytes < PREFIX + length) return;
      const bytes = this.#joined();
      const end = PREFIX + length;
      this.#chunks = bytes.length === end ? [] : [bytes.subarray(end)];
      this.#bytes -= end;
      yield bytes.toString("utf8", PREFIX, end);
    }
  }

  #nextLength(): number | undefined {
    if (this.#bytes < PREFIX) return undefined;
    const [first] = this.#chunks;
    const start = first !== undefined && first.length >= PREFIX ? first : this.#joined();
    const length = start.readUInt32BE();
    if (length > this.maxBytes) throw new ProtocolError(`A frame of ${length} bytes, where ${this.maxBytes} may come`);
    return length;
  }

  #joined(): Buffer {
    const [first] = this.#chunks;
    const bytes = first !== undefined && this.#chunks.length === 1 ? first : Buffer.concat(this.#chunks);
    this.#chunks = [bytes];
    return bytes;
  }
}
