import { FrameReader, isPublished, type Frame } from "./frames.ts";

/** A stream of a fetch handler, read frame by frame. */
export class Stream {
  readonly frames: Frame[] = [];
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #parser = new FrameReader();

  constructor(response: Response) {
    if (response.body === null) throw new Error(`No body: ${response.status}`);
    this.#reader = response.body.getReader();
  }

  /** Reads until the frames read so far satisfy a condition, or the stream ends. */
  async until(condition: (frames: readonly Frame[]) => boolean): Promise<Frame[]> {
    while (!condition(this.frames)) if (!(await this.more())) break;
    return this.frames;
  }

  /** Reads one chunk. Whether there was one. */
  async more(): Promise<boolean> {
    const { done, value } = await this.#reader.read();
    if (done) return false;
    this.frames.push(...this.#parser.read(value));
    return true;
  }

  live(): Promise<Frame[]> {
    return this.until((frames) => frames.some(({ event }) => event === "tidings:live"));
  }

  /** Reads until so many published events are there. */
  async events(n: number): Promise<Frame[]> {
    return (await this.until((frames) => frames.filter(isPublished).length >= n)).filter(isPublished);
  }

  /** The id that EventSource remembers now. */
  get lastEventId(): string | undefined {
    return this.frames.findLast(({ id }) => id !== undefined)?.id;
  }

  async cancel(): Promise<void> {
    await this.#reader.cancel();
  }
}

/** A request for a stream, resumed as EventSource resumes. */
export function request(lastEventId?: string, query = ""): Request {
  return new Request(
    `http://hub.test/events${query}`,
    lastEventId === undefined ? {} : { headers: { "Last-Event-ID": lastEventId } },
  );
}
