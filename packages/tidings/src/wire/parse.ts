import { WireError } from "./error.ts";
import { createMeter } from "./meter.ts";

/** An event as it came. */
export interface ParsedEvent {
  /** Its name; `message` where it had none. */
  readonly event: string;
  readonly data: string;
  /** The last event id as of this event. It persists over events without an `id:`. */
  readonly lastEventId: string;
  /** Its `topic:` lines, in order. */
  readonly topics: readonly string[];
  /** Its `cursor:` line, if it had one. */
  readonly cursor: string | undefined;
}

/** Who is told of what, and how much may come. */
export interface ParserOptions {
  /** Called for every event, in order, from inside `feed`. */
  onEvent(event: ParsedEvent): void;
  /** Called for every valid `retry:` line as soon as it is complete, with 0 to 2^31-1 ms: what `setTimeout` can wait. */
  onRetry?: ((ms: number) => void) | undefined;
  /** Called for every comment, without its colon and without one space after that. */
  onComment?: ((text: string) => void) | undefined;
  /** The longest line, in bytes as received, without its end. Default 16 MiB. */
  maxLineBytes?: number | undefined;
  /**
   * The largest event, in bytes as received: from its first line, comments before it not counted, to its blank line.
   * Default 16 MiB.
   */
  maxEventBytes?: number | undefined;
  /** The last event id of the connection before this one. Default empty. */
  lastEventId?: string | undefined;
}

/** Reads one stream. A connection needs a parser of its own; only the last event id goes on from one to the next. */
export interface Parser {
  /**
   * Reads the next bytes, split anywhere. The bytes are not kept.
   *
   * @throws WireError `line-too-large` or `event-too-large`, after the events before it; and whatever a callback throws.
   *   Either closes the parser, since what came after is lost.
   */
  feed(bytes: Uint8Array): void;
  /** What `Last-Event-ID` has to say on the next connection: the last id whose block was completed by a blank line. */
  readonly lastEventId: string;
  /** From here on `feed` does nothing. Inside a callback it also drops the rest of what is being fed. */
  close(): void;
}

const LF = 10;
const SPACE = 32;
const BOM = 0xfeff;
const DEFAULT_LIMIT = 2 ** 24;
const MAX_RETRY = 2 ** 31 - 1;
const NO_TOPICS: readonly string[] = Object.freeze([]);
const STREAM = { stream: true };

/**
 * A parser of the text/event-stream format by the HTML standard, section 9.2.6. Two extensions: it collects `topic:`
 * lines and `cursor:`, and it limits lines and events.
 */
export function createParser(options: ParserOptions): Parser {
  const { onEvent, onRetry, onComment } = options;
  const meter = createMeter(options.maxLineBytes ?? DEFAULT_LIMIT, options.maxEventBytes ?? DEFAULT_LIMIT);
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  let closed = false;
  let started = false;
  let afterCr = false;
  // The beginning of a line whose end has not come. Engines join such a text once, when it is first looked into, so
  // that a line in many chunks costs no more than its length.
  let partial = "";

  // The standard's buffers. `data` is `undefined` where the standard's is empty, and lacks its last LF.
  let data: string | undefined;
  let type = "";
  let id = options.lastEventId ?? "";
  let topics: string[] | undefined;
  let cursor: string | undefined;
  let lastEventId = id;

  function feed(bytes: Uint8Array): void {
    if (closed || bytes.length === 0) return;
    let done = false;
    try {
      const excess = meter.measure(bytes);
      if (excess === undefined) read(decoder.decode(bytes, STREAM));
      else {
        read(decoder.decode(bytes.subarray(0, excess.at), STREAM));
        if (!closed) throw excess.error;
      }
      done = true;
    } finally {
      if (!done) closed = true;
    }
  }

  function read(text: string): void {
  }
}
