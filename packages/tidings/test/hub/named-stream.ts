import type { Hub, StreamOptions } from "../../src/index.ts";
import { request, Stream } from "../stream.ts";

/** A stream that was told its name. */
export class NamedStream extends Stream {
  readonly hub: Hub;

  constructor(hub: Hub, response: Response) {
    super(response);
    this.hub = hub;
  }

  /** As the opening frame tells it. */
  get name(): string {
    const { stream } = JSON.parse(this.frames[0]?.data ?? "{}") as { stream?: string };
    if (stream === undefined) throw new Error("The stream was told no name");
    return stream;
  }

  /** Changes its topics. The cursor from which on that holds. */
  async change(add: readonly string[], remove: readonly string[] = []): Promise<string> {
    return (await this.hub.change(this.name, { add, remove })).id;
  }

  /** Reads until the stream tells that it has come to a cursor. */
  async comeTo(cursor: string): Promise<void> {
    await this.until((frames) => frames.some(({ id, event }) => id === cursor && event === "tidings:cursor"));
  }

  /** What came, in short: data of events, and the other frames by their names. */
  get words(): string[] {
    return this.frames.map(({ event, data }) =>
      event.startsWith("tidings:") ? event.slice(8) : (data ?? "").replace(/ x+$/, ""),
    );
  }
}

/** Opens a stream whose topics can be changed, and reads its first frame. */
export async function openNamed(
  hub: Hub,
  options: Partial<StreamOptions> = {},
  lastEventId?: string,
): Promise<NamedStream> {
  const asked = { topics: ["a"], changes: true, client: "tidings/0.1.0", ...options };
  const stream = new NamedStream(hub, await hub.fetch(request(lastEventId), asked));
  await stream.until((frames) => frames.length > 0);
  return stream;
}
