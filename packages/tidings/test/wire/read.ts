import { type ParsedEvent, type ParserOptions, createParser } from "../../src/wire/index.ts";

/** All that a parser made of a stream. */
export interface Read {
  readonly events: ParsedEvent[];
  readonly retries: number[];
  readonly comments: string[];
  readonly lastEventId: string;
}

/** Reads a stream that comes in chunks. */
export function read(chunks: Iterable<Uint8Array>, options: Partial<ParserOptions> = {}): Read {
  const events: ParsedEvent[] = [];
  const retries: number[] = [];
  const comments: string[] = [];
  const parser = createParser({
    onEvent: (event) => events.push(event),
    onRetry: (ms) => retries.push(ms),
    onComment: (text) => comments.push(text),
    ...options,
  });
  for (const chunk of chunks) parser.feed(chunk);
  return { events, retries, comments, lastEventId: parser.lastEventId };
}

/** Reads a stream that is given as text, in one chunk. */
export function readText(text: string, options?: Partial<ParserOptions>): Read {
  return read([new TextEncoder().encode(text)], options);
}
