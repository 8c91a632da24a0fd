import { createParser as createEventSourceParser } from "eventsource-parser";
import { createParser } from "tidings/wire";

/** What both parsers tell of an event. */
export interface Seen {
  readonly event: string;
  readonly data: string;
  readonly lastEventId: string;
}

/** A parser, with what everyone puts before it to read bytes. */
export interface ParserSide {
  readonly name: string;
  /**
   * Reads a stream as a consumer does who looks into the data of each event, which also puts together what an engine puts
   * off until then. Answers a sum over what it saw.
   */
  pass(chunks: readonly Uint8Array[]): number;
  /** All that it finds in a stream. */
  seen(chunks: readonly Uint8Array[]): Seen[];
}

const tidings: ParserSide = {
  name: "tidings/wire",
  pass(chunks) {
    let sum = 0;
    const parser = createParser({
      onEvent: ({ data }) => {
        sum += glance(data);
      },
    });
    for (const chunk of chunks) parser.feed(chunk);
    return sum;
  },
  seen(chunks) {
    const seen: Seen[] = [];
    const parser = createParser({
      onEvent: ({ event, data, lastEventId }) => seen.push({ event, data, lastEventId }),
    });
    for (const chunk of chunks) parser.feed(chunk);
    return seen;
  },
};

const eventSourceParser: ParserSide = {
  name: "eventsource-parser",
  pass(chunks) {
    let sum = 0;
    const parser = createEventSourceParser({
      onEvent: ({ data }) => {
        sum += glance(data);
      },
    });
    const decoder = new TextDecoder();
    for (const chunk of chunks) parser.feed(decoder.decode(chunk, { stream: true }));
    return sum;
  },
  seen(chunks) {
    const seen: Seen[] = [];
    let lastEventId = "";
    const parser = createEventSourceParser({
      onEvent: ({ event, data, id }) => {
        lastEventId = id ?? lastEventId;
        seen.push({ event: event ?? "message", data, lastEventId });
      },
    });
    const decoder = new TextDecoder();
    for (const chunk of chunks) parser.feed(decoder.decode(chunk, { stream: true }));
    return seen;
  },
};

/** Ours first. */
export const sides = [tidings, eventSourceParser] as const;

function glance(data: string): number {
  return data.length + (data.charCodeAt(data.length - 1) | 0);
}
