import type { ParsedEvent } from "tidings/wire";

/** An event as a JSON object on one line. `cursor` is there only for an event of a snapshot, which has no id. */
export function jsonLine({ lastEventId, event, topics, data, cursor }: ParsedEvent): string {
  return JSON.stringify({ id: lastEventId, event, topics, data, cursor });
}
