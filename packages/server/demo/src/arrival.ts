/** How an event came: from before the page was there, replayed after a cut, or as it happened. */
export type Manner = "before" | "replayed" | "live";

/** An event as it reached the page. */
export interface Arrival {
  readonly manner: Manner;
  /** Its name, `message` if it has none. */
  readonly event: string;
  /** What the browser holds as last event id. Empty as long as it has got none. */
  readonly id: string;
  readonly text: string;
  /** The data if it is a JSON object; an empty one otherwise. Anyone may publish anything: nothing in it is certain. */
  readonly data: Readonly<Record<string, unknown>>;
  /** In bytes, as far as the page can tell. */
  readonly size: number;
  /** By the clock of this page, in ms since 1970. */
  readonly received: number;
}

/** A part of the page that shows events. */
export interface Part {
  show(arrival: Arrival): void;
  /** The counting starts again: what is shown goes. */
  clear?(): void;
}

const UTF8 = new TextEncoder();

/** What `EventSource` tells of an event, with what can be derived from it. */
export function toArrival({ type, data, lastEventId }: MessageEvent<string>, manner: Manner): Arrival {
  const frame = `id: ${lastEventId}\nevent: ${type}\ndata: ${data}\n\n`;
  const size = UTF8.encode(frame).length;
  return { manner, event: type, id: lastEventId, text: data, data: parse(data), size, received: Date.now() };
}

/** A text member of an event's data, cut to a length that the page has room for. */
export function textOf(value: unknown, max = 200): string | undefined {
  if (typeof value !== "string") return undefined;
  return value.length > max ? `${value.slice(0, max)}…` : value;
}

/** A number that is one. */
export function numberOf(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
  } catch {
    return {};
  }
}
