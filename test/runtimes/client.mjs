// A client that shows the frames of a stream as they come. Not a parser for anything but what a hub writes.

/** Whether a frame is an event that someone published, and not the hub's own. */
function isEvent({ event, data }) {
  return data !== undefined && !event.startsWith("tidings:");
}

/** A stream, read in the background unless it is opened with `paused`. */
export class Stream {
  frames = [];
  ended = false;
  #reader;
  #decoder = new TextDecoder("utf-8", { fatal: true });
  #rest = "";
  #looks = new Set();

  constructor(response) {
    this.response = response;
    this.#reader = response.body.getReader();
  }

  static async open(url, { lastEventId, paused = false } = {}) {
    const headers = lastEventId === undefined ? {} : { "Last-Event-ID": lastEventId };
    const stream = new Stream(await fetch(url, { headers }));
    if (!paused) void stream.read();
    return stream;
  }

  get events() {
    return this.frames.filter(isEvent);
  }

  get data() {
    return this.events.map(({ data }) => data);
  }

  async read() {
    try {
      for (;;) {
        const { done, value } = await this.#reader.read();
        if (done) break;
        this.#take(value);
      }
    } catch (error) {
      this.error = error;
    }
    this.ended = true;
    for (const look of this.#looks) look();
  }

  /** Waits until a condition is met; fails if the stream ends before, unless that is what is waited for. */
  until(condition, what) {
    return new Promise((resolve, reject) => {
      const look = () => {
        if (!condition(this) && !this.ended) return;
        this.#looks.delete(look);
        if (condition(this)) resolve(this);
        else
          reject(
            new Error(
              `The stream ended before ${what}: ${String(this.error)} ${JSON.stringify(this.frames.slice(-3)).slice(0, 500)}`,
            ),
          );
      };
      this.#looks.add(look);
      look();
    });
  }

  live() {
    return this.until(({ frames }) => frames.some(({ event }) => event === "tidings:live"), "it was live");
  }

  count(n) {
    return this.until(({ events }) => events.length >= n, `it had ${n} events`);
  }

  end() {
    return this.until(({ ended }) => ended, "its end");
  }

  async cancel() {
    await this.#reader.cancel();
  }

  #take(bytes) {
    this.#rest += this.#decoder.decode(bytes, { stream: true });
    const blocks = this.#rest.split("\n\n");
    this.#rest = blocks.pop();
    for (const block of blocks) this.frames.push(frameOf(block));
    for (const look of this.#looks) look();
  }
}

function frameOf(block) {
  const fields = block.split("\n").map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, "")];
  });
  const all = (name) => fields.filter(([field]) => field === name).map(([, value]) => value);
  const data = all("data");
  return {
    id: all("id").at(-1),
    event: all("event").at(-1) ?? "message",
    data: data.length > 0 ? data.join("\n") : undefined,
    topics: all("topic"),
    cursor: all("cursor").at(-1),
    retry: all("retry").at(-1),
  };
}
