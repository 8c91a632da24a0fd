import { type Ended, createMeter } from "./meter.ts";

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
      const excess = meter.excess(bytes);
      const taken = excess === undefined ? bytes : bytes.subarray(0, excess.at);
      const ended = read(decoder.decode(taken, STREAM));
      if (excess !== undefined && !closed) throw excess.error;
      meter.count(bytes, ended);
      done = true;
    } finally {
      if (!done) closed = true;
    }
  }

  /** What the text completes is handled, the rest is kept. */
  function read(text: string): Ended {
    let ended: Ended = "nothing";
    let at = 0;
    const length = text.length;
    if (length === 0) return ended
    if (!started) {
      started = true;
      if (text.charCodeAt(0) === BOM) at = 1;
    }
    if (afterCr) {
      afterCr = false;
      if (text.charCodeAt(at) === LF) at++;
    }
    // Each is searched for only once it was passed, so that a stream with one kind of line end is not searched for the
    // other line by line.
    let cr = indexOrEnd(text.indexOf("\r", at), length);
    let lf = at - 1;
    while (at < length) {
      if (text.charCodeAt(at) === LF && partial === "") {
        dispatch();
        ended = "event";
        if (closed) return ended;
        at++;
        continue;
      }
      if (lf < at) lf = indexOrEnd(text.indexOf("\n", at), length);
      const end = lf < cr ? lf : cr;
      if (end === length) break;
      if (partial === "") {
        if (end === at) { dispatch(); ended = "event"; }
        else { line(text, at, end); if (ended === "nothing") ended = "line"; }
      } else {
        const whole = partial + text.slice(at, end);
        partial = "";
        line(whole, 0, whole.length);
        if (ended === "nothing") ended = "line"; 
      }
      if (closed) return ended;
      at = end + 1;
      if (end === cr) {
        if (at === length) afterCr = true;
        else if (text.charCodeAt(at) === LF) at++;
        cr = indexOrEnd(text.indexOf("\r", at), length);
      }
    }
    if (at < length) partial += text.slice(at);
    return ended;
  }

  function line(text: string, at: number, end: number): void {
    switch (text.charCodeAt(at)) {
      case 100:
        if (text.startsWith("data", at)) {
          const from = valueStart(text, at + 4, end);
          if (from !== -1) {
            const value = text.slice(from, end);
            data = data === undefined ? value : data + "\n" + value;
          }
        }
        break;
      case 101:
        if (text.startsWith("event", at)) {
          const from = valueStart(text, at + 5, end);
          if (from !== -1) type = text.slice(from, end);
        }
        break;
      case 105:
        if (text.startsWith("id", at)) {
          const from = valueStart(text, at + 2, end);
          if (from !== -1) { const value = text.slice(from, end); if (!value.includes("\0")) id = value; }
        }
        break;
      case 116:
        if (text.startsWith("topic", at)) {
          const from = valueStart(text, at + 5, end);
          if (from !== -1) (topics ??= []).push(text.slice(from, end));
        }
        break;
      case 99:
        if (text.startsWith("cursor", at)) {
          const from = valueStart(text, at + 6, end);
          if (from !== -1) cursor = text.slice(from, end);
        }
        break;
      case 114:
        if (text.startsWith("retry", at)) {
          const from = valueStart(text, at + 5, end);
          const value = text.slice(from, end);
          if (from !== -1 && /^[0-9]+$/.test(value)) onRetry?.(Math.min(Number(value), MAX_RETRY));
        }
        break;
      case 58:
        onComment?.(text.slice(valueStart(text, at, end), end));
    }
  }

  function dispatch(): void {
    lastEventId = id;
    const value = data;
    if (value === undefined) {
      type = ""; topics = undefined; cursor = undefined;
      return;
    }
    const event = { event: type === "" ? "message" : type, data: value, lastEventId, topics: topics ?? NO_TOPICS, cursor };
    data = undefined; type = ""; topics = undefined; cursor = undefined;
    onEvent(event);
  }

  return {
    feed,
    get lastEventId() { return lastEventId; },
    close() { closed = true; },
  };
}

function indexOrEnd(index: number, length: number): number {
  return index === -1 ? length : index;
}

function valueStart(text: string, at: number, end: number): number {
  if (at === end) return at;
  if (text.charCodeAt(at) !== 58) return -1;
  return at + 1 < end && text.charCodeAt(at + 1) === SPACE ? at + 2 : at + 1;
}
