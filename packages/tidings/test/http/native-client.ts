import { FrameReader, isPublished, type Frame } from "../frames.ts";

/**
 * What a native `EventSource` keeps from one connection to the next: the id of the last complete frame that had one,
 * with data or without (HTML, section 9.2.6). A frame that was cut is as if it had never come.
 */
export class NativeClient {
  /** What was heard on each connection. */
  readonly connections: Frame[][] = [];
  lastEventId: string;

  /** @param lastEventId of a life before this one */
  constructor(lastEventId = "") {
    this.lastEventId = lastEventId;
  }

  /** What the next connection sends: no header if there is no id. */
  get headers(): Record<string, string> {
    return this.lastEventId === "" ? {} : { "Last-Event-ID": this.lastEventId };
  }

  /** All that came on one connection, up to where it was cut. */
  hear(bytes: Uint8Array): Frame[] {
    const frames = new FrameReader().read(bytes);
    this.connections.push(frames);
    this.lastEventId = frames.findLast(({ id }) => id !== undefined)?.id ?? this.lastEventId;
    return frames;
  }

  /** The data of what was published, over all connections. */
  get data(): (string | undefined)[] {
    return this.connections
      .flat()
      .filter(isPublished)
      .map(({ data }) => data);
  }

  /** How often a frame of the hub's was heard. */
  count(event: string): number {
    return this.connections.flat().filter((frame) => frame.event === event).length;
  }
}

/** Reads a body up to so many bytes, and leaves it there: what came with the last of them is dropped. */
export class CutReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #chunks: Uint8Array[] = [];
  #length = 0;

  constructor(response: Response) {
    if (response.body === null) throw new Error(`No body: ${response.status}`);
    this.#reader = response.body.getReader();
  }

  /** All that came so far. */
  get bytes(): Uint8Array {
    return Buffer.concat(this.#chunks);
  }

  async atLeast(length: number): Promise<void> {
    while (this.#length < length) await this.#more();
  }

  async until(condition: (frames: readonly Frame[]) => boolean): Promise<void> {
    while (!condition(new FrameReader().read(this.bytes))) await this.#more();
  }

  async cut(length: number): Promise<Uint8Array> {
    await this.atLeast(length);
    await this.#reader.cancel();
    return this.bytes.subarray(0, length);
  }

  async #more(): Promise<void> {
    const { done, value } = await this.#reader.read();
    if (done) throw new Error(`The stream ended after ${this.#length} bytes`);
    this.#chunks.push(value);
    this.#length += value.length;
  }
}
