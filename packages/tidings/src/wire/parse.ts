import { createMarkRemover } from "./byte-order-mark.ts";
import { createDecoder, type Decode } from "./decode.ts";
import { type Ended, type Meter, createMeter } from "./meter.ts";
import type { Parser, ParserOptions } from "./parser.ts";
import { afterSpace, find, isAligned } from "./scan.ts";

const LF = 10;
const CR = 13;
const SPACE = 32;
const COLON = 58;
const DEFAULT_LIMIT = 2 ** 24;
const MAX_RETRY = 2 ** 31 - 1;
const NO_TOPICS: readonly string[] = Object.freeze([]);

/**
 * A parser of the text/event-stream format: bytes in, events out, by the HTML standard, section 9.2.6. Beyond the
 * standard it collects `topic:` lines and `cursor:`, and limits lines and events. An event that the stream's end cuts off
 * is dropped, its id too.
 */
export function createParser(options: ParserOptions): Parser {
  const meter = createMeter(options.maxLineBytes ?? DEFAULT_LIMIT, options.maxEventBytes ?? DEFAULT_LIMIT);
  const parser = createParserWith(meter, options, createDecoder());
  const withoutMark = createMarkRemover();
  return {
    ...parser,
    feed: (bytes) => parser.feed(withoutMark(bytes)),
    get lastEventId() {
      return parser.lastEventId;
    },
  };
}

/** The same with other limits, where the code of these costs too much. */
export function createParserWith(
  meter: Meter,
  { onEvent, onRetry, onComment, lastEventId = "" }: ParserOptions,
  decode: Decode,
): Parser {
  let closed = false;
  let afterCr = false;
  // The line whose end has not come. Engines join such a text once, when it is first looked into, so that a line in many
  // pieces costs no more than its length.
  let partial = "";
  // Whether a line of the event has come, other than comments.
  let begun = false;
  // Where in the bytes that were read last an event was last over, if that is known.
  let behind = -1;

  // The standard's buffers, but that `data` lacks the LF at its end, and is `undefined` where the standard's is empty.
  let id = lastEventId;
  let type = "";
  let data: string | undefined;
  let topics: string[] | undefined;
  let cursor: string | undefined;

  function feed(bytes: Uint8Array): void {
    if (closed || bytes.length === 0) return;
    try {
      const excess = meter.excess?.(bytes);
      const ended = read(excess === undefined ? bytes : bytes.subarray(0, excess.at));
      if (excess !== undefined && !closed) throw excess.error;
      meter.count(bytes, ended, begun, behind);
    } catch (error) {
      closed = true;
      throw error;
    }
  }

  function read(bytes: Uint8Array): Ended {
    const text = decode(bytes);
    const { length } = text;
    const start = afterStart(text);
    let at = start;
    // Where the next of each is, or the text's end. Searched for when passed and never line by line, so that a stream
    // without the one is not searched for it again and again.
    let cr = find(text, "\r", at);
    let lf = at - 1;
    // Where the last event was over.
    let over = -1;
    // A variable of this call costs less than one that outlives it.
    let ownId = id;
    let ownType = type;
    let ownData = data;
    const aligned = cr === length && isAligned(text, bytes);

    if (partial !== "") {
      lf = find(text, "\n", at);
      const end = lf < cr ? lf : cr;
      partial += text.slice(at, end);
      if (end === length) return "nothing";
      const line = partial;
      partial = "";
      field(line);
      if (closed) return "line";
      ownId = id;
      ownType = type;
      ownData = data;
      at = afterEnd(text, end);
    }

    while (at < length) {
      if (aligned) {
        while (at + 6 < length) {
          const first = bytes[at];
          if (first === 105 && bytes[at + 1] === 100 && bytes[at + 2] === COLON) {
            const from = at + (bytes[at + 3] === SPACE ? 4 : 3);
            let end = from;
            // An id is short: to call for its end would cost more.
            while (end < length && (bytes[end] as number) > CR) end++;
            if (end === length || bytes[end] !== LF) break;
            ownId = text.slice(from, end);
            begun = true;
            at = end + 1;
            continue;
          }
          if (lf < at) lf = find(text, "\n", at);
          const end = lf;
          if (end === length) break;
          if (
            first === 100 &&
            bytes[at + 1] === 97 &&
            bytes[at + 2] === 116 &&
            bytes[at + 3] === 97 &&
            bytes[at + 4] === COLON
          ) {
            const value = text.slice(at + (bytes[at + 5] === SPACE ? 6 : 5), end);
            if (ownData === undefined && end + 1 < length && bytes[end + 1] === LF) {
              at = end + 2;
              over = at;
              lastEventId = ownId;
              dispatch(ownType, value);
              ownType = "";
              if (closed) break;
              continue;
            }
            ownData = ownData === undefined ? value : `${ownData}\n${value}`;
          } else if (
            first === 101 &&
            bytes[at + 1] === 118 &&
            bytes[at + 2] === 101 &&
            bytes[at + 3] === 110 &&
            bytes[at + 4] === 116 &&
            bytes[at + 5] === COLON
          ) {
            ownType = text.slice(at + (bytes[at + 6] === SPACE ? 7 : 6), end);
          } else if (first === COLON && onComment === undefined) {
            at = end + 1;
            continue;
          } else break;
          begun = true;
          at = end + 1;
        }
        if (at === length || closed) break;
      }
      const first = text.charCodeAt(at);
      if (first === LF || first === CR) {
        at = first === LF ? at + 1 : afterEnd(text, at);
        over = at;
        lastEventId = ownId;
        dispatch(ownType, ownData);
        ownType = "";
        ownData = undefined;
        if (closed) break;
        continue;
      }
      // Asked only within the text: one question beyond it, and the engine takes the slow way for all from then on.
      const long = at + 6 < length;
      let from = 0;
      if (!long) {
        // Too short to be worth it.
      } else if (first === 105 && text.charCodeAt(at + 1) === 100 && text.charCodeAt(at + 2) === COLON) {
        from = at + 3;
      } else if (
        first === 101 &&
        text.charCodeAt(at + 1) === 118 &&
        text.charCodeAt(at + 2) === 101 &&
        text.charCodeAt(at + 3) === 110 &&
        text.charCodeAt(at + 4) === 116 &&
        text.charCodeAt(at + 5) === COLON
      ) {
        from = at + 6;
      }
      if (from > 0) {
        if (text.charCodeAt(from) === SPACE) from++;
        let end = from;
        while (end < length && text.charCodeAt(end) > CR) end++;
        const last = end < length ? text.charCodeAt(end) : 0;
        if (last === LF || last === CR) {
          if (first === 105) ownId = text.slice(from, end);
          else ownType = text.slice(from, end);
          begun = true;
          at = last === LF ? end + 1 : afterEnd(text, end);
          continue;
        }
      }
      if (lf < at) lf = find(text, "\n", at);
      if (cr < at) cr = find(text, "\r", at);
      const end = lf < cr ? lf : cr;
      if (end === length) break;
      if (
        long &&
        first === 100 &&
        text.charCodeAt(at + 1) === 97 &&
        text.charCodeAt(at + 2) === 116 &&
        text.charCodeAt(at + 3) === 97 &&
        text.charCodeAt(at + 4) === COLON
      ) {
        const value = text.slice(at + (text.charCodeAt(at + 5) === SPACE ? 6 : 5), end);
        ownData = ownData === undefined ? value : `${ownData}\n${value}`;
        begun = true;
      } else if (first !== COLON || onComment !== undefined) {
        id = ownId;
        type = ownType;
        data = ownData;
        field(text.slice(at, end));
        if (closed) break;
        ownId = id;
        ownType = type;
        ownData = data;
      }
      at = end === lf ? end + 1 : afterEnd(text, end);
    }
    if (at < length && !closed) partial = text.slice(at);
    id = ownId;
    type = ownType;
    data = ownData;
    behind = aligned ? over : -1;
    if (over >= 0) return "event";
    return at > start ? "line" : "nothing";
  }

  /** Where a text begins: behind an LF if it belongs to the CR that ended the text before. */
  function afterStart(text: string): number {
    if (!afterCr) return 0;
    afterCr = false;
    return text.charCodeAt(0) === LF ? 1 : 0;
  }

  /** Where the line after a line end begins. A CR ends its line at once: the LF that may belong to it can be long in coming. */
  function afterEnd(text: string, end: number): number {
    const next = end + 1;
    if (text.charCodeAt(end) === LF) return next;
    afterCr = next === text.length;
    return !afterCr && text.charCodeAt(next) === LF ? next + 1 : next;
  }

  /** Any field, as the standard has it. */
  function field(line: string): void {
    const colon = find(line, ":", 0);
    const value = line.slice(afterSpace(line, colon + 1));
    if (colon === 0) return onComment?.(value);
    begun = true;
    switch (line.slice(0, colon)) {
      case "data":
        data = data === undefined ? value : `${data}\n${value}`;
        break;
      case "event":
        type = value;
        break;
      case "id":
        if (!value.includes("\0")) id = value;
        break;
      case "retry":
        if (/^[0-9]+$/.test(value)) onRetry?.(Math.min(Number(value), MAX_RETRY));
        break;
      case "topic":
        (topics ??= []).push(value);
        break;
      case "cursor":
        cursor = value;
        break;
      default:
    }
  }

  /** The event is over, its id is `lastEventId`. */
  function dispatch(name: string, value: string | undefined): void {
    const event = name === "" ? "message" : name;
    const parsed = { event, data: value ?? "", lastEventId, topics: topics ?? NO_TOPICS, cursor };
    begun = false;
    topics = undefined;
    cursor = undefined;
    if (value !== undefined) onEvent(parsed);
  }

  return {
    feed,
    get lastEventId() {
      return lastEventId;
    },
    close() {
      closed = true;
    },
  };
}
