import { expect, onTestFinished } from "vitest";

import { EventSource, type EventSourceErrorEvent, type EventSourceOptions } from "../../src/client/index.ts";

/** Reconnects at once. */
export const QUICK = { retry: { base: 1, min: 1, max: 1 } } as const;

/** A source, and what its listeners heard, in order. */
export interface Heard {
  readonly source: EventSource;
  /** `open`, `error 0` and `error 2` with the state, and `type|data|lastEventId`. */
  readonly log: string[];
  readonly errors: EventSourceErrorEvent[];
  /** The events alone. */
  readonly events: string[];
  /** Resolves when it is closed. */
  closed(): Promise<Heard>;
}

/** Listens to a source from its beginning. */
export function listenTo(source: EventSource, names: readonly string[] = []): Heard {
  onTestFinished(() => source.close());
  const log: string[] = [];
  const errors: EventSourceErrorEvent[] = [];
  const noteEvent = (event: MessageEvent<string>): void => {
    if ("data" in event) log.push([event.type, event.data, event.lastEventId].join("|"));
  };
  source.addEventListener("open", () => log.push("open"));
  source.addEventListener("error", (event) => {
    if ("data" in event) return;
    errors.push(event);
    log.push(`error ${source.readyState}`);
  });
  for (const name of new Set(["message", ...names])) source.addEventListener(name, noteEvent);
  const heard: Heard = {
    source,
    log,
    errors,
    get events() {
      return log.filter((entry) => entry.includes("|"));
    },
    async closed() {
      await expect.poll(() => source.readyState, { timeout: 20_000, interval: 5 }).toBe(2);
      return heard;
    },
  };
  return heard;
}

/** Opens a source that comes back at once. */
export function connectTo(url: string, names: readonly string[] = [], options: EventSourceOptions = {}): Heard {
  return listenTo(new EventSource(url, { ...QUICK, ...options }), names);
}

/** What is heard of a source up to its end. */
export async function hear(
  url: string,
  names: readonly string[] = [],
  options: EventSourceOptions = {},
): Promise<Heard> {
  return await connectTo(url, names, options).closed();
}

/** A stream of bytes in chunks. */
export function chunked(...chunks: readonly (string | Uint8Array)[]): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(Uint8Array.from(Buffer.from(chunk)));
      controller.close();
    },
  });
}

/** What is heard of some chunks that are read one by one. */
export async function hearChunks(
  chunks: readonly (string | Uint8Array)[],
  names: readonly string[] = [],
): Promise<string[]> {
  const heard = listenTo(EventSource.fromReadableStream(chunked(...chunks)), names);
  return (await heard.closed()).events;
}
