import type { Hub } from "tidings";
import { createParser } from "tidings/wire";

/** An event of the demo. Its data is always a JSON object, or nothing for the hub's own. */
export interface ReadEvent {
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** All events of a hub from the oldest on. Leaving the loop, or the signal, ends the stream. */
export async function* readEvents(hub: Hub, topics: readonly string[], signal: AbortSignal): AsyncGenerator<ReadEvent> {
  const response = await hub.fetch(new Request("http://localhost/events"), { topics, from: "earliest", signal });
  if (response.body === null) throw new Error("the stream has no body");
  let events: ReadEvent[] = [];
  const parser = createParser({
    onEvent: ({ event, data }) => events.push({ event, data: data === "" ? {} : JSON.parse(data) }),
  });
  for await (const bytes of response.body) {
    parser.feed(bytes);
    yield* events;
    events = [];
  }
}
