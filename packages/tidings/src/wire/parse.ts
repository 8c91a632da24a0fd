import { createMarkRemover } from "./byte-order-mark.ts";
import { createDecoder, type Decode } from "./decode.ts";
import { type Meter, createMeter } from "./meter.ts";
import type { Parser, ParserOptions } from "./parser.ts";
import { afterSpace, find } from "./scan.ts";

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
  const at = { lastEventId: options.lastEventId ?? "" };
  const parser = createParserWith(meter.count, options, createDecoder(), at);
  const withoutMark = createMarkRemover();
  let closed = false;
  function close(): void {
    closed = true;
    parser.close();
  }
  return {
    feed(bytes) {
      if (closed) return;
      try {
        const all = withoutMark(bytes);
        const excess = meter.excess(all);
        parser.feed(excess === undefined ? all : all.subarray(0, excess.at));
        if (excess !== undefined && !closed) throw excess.error;
      } catch (error) {
        close();
        throw error;
      }
    },
    get lastEventId() {
      return at.lastEventId;
    },
    close,
  };
}

/**
 * The same without limits of its own, and without the way out: who feeds it closes it when something was thrown.
 *
 * @param count told of all bytes once they were read
 * @param place where the stream is, before and after each event
 */
export function createParserWith(
  count: Meter["count"],
  { onEvent, onRetry, onComment }: ParserOptions,
  decode: Decode,
  place: { lastEventId: string },
): Omit<Parser, "lastEventId"> {
  let closed = false;
  let afterCr = false;
  // The line whose end has not come. Engines join such a text once, when it is first looked into, so that a line in many
  // pieces costs no more than its length.
  let partial = "";
  // Whether a line of the event has come, other than comments.
  let begun = false;
  // Where in the bytes that were read last an event was last over, or -1.
  let behind = -1;

  // The standard's buffers, but that `data` lacks the LF at its end, and is `undefined` where the standard's is empty.
  let id = place.lastEventId;
  let type = "";
  let data: string | undefined;
  let topics: string[] | undefined;
  let cursor: string | undefined;

  function feed(bytes: Uint8Array): void {
    if (!closed && bytes.length > 0) count(bytes, read(bytes), begun, behind);
  }

  /**
   * Answers whether a line was completed. The inner loop is for what nearly all is made of, fields and ends of lines
   * as most write them; all else goes through the outer one.
   */
  function read(bytes: Uint8Array): boolean {
    const text = decode(bytes);
    const { length } = text;
    const size = bytes.length;
    // Behind an LF, if that belongs to the CR which ended the text before.
    const start = afterCr && text.charCodeAt(0) === LF ? 1 : 0;
    afterCr = false;
    let at = start;
    // Where the next of each is, or the text's end. Searched for when passed and never line by line, so that a stream
    // without the one is not searched for it again and again.
    let lf = -1;
    let cr = find(text, "\r", at);
    // How much further than in the text a line begins in the bytes, where comparing costs less. A character is a byte or
    // more, so behind a line that is not ASCII its end is found in the bytes from that place on.
    let shift = 0;
    // Where in the bytes the last event was over.
    let over = -1;
    behind = over;

    // A line that began before, or with the first bytes of a character.
    if (partial !== "" || text.charCodeAt(0) !== bytes[0]) {
      lf = find(text, "\n", at);
      const end = lf < cr ? lf : cr;
      partial += text.slice(at, end);
      if (end === length) return false;
      const line = partial;
      partial = "";
      if (line !== "") field(line);
      if (closed) return true;
      shift = bytes.indexOf(text.charCodeAt(end), at) - end;
      at = afterEnd(text, end);
    }

    // A variable of this call costs less than one that outlives it.
    let ownId = id;
    let ownType = type;
    let ownData = data;
    while (at < length) {
      while (at + shift + 6 < size) {
        const begin = at + shift;
        const first = bytes[begin];
        if (first === 105 && bytes[begin + 1] === 100 && bytes[begin + 2] === COLON) {
          const from = begin + (bytes[begin + 3] === SPACE ? 4 : 3);
          let to = from;
          // An id is short: to call for its end would cost more.
          while (to < size && (bytes[to] as number) > CR && (bytes[to] as number) < 128) to++;
          if (to === size) break;
          at = to + 1 - shift;
          if (bytes[to] !== LF) {
            if (bytes[to] !== CR || to + 1 === size || bytes[to + 1] !== LF) {
              at = begin - shift;
              break;
            }
            at++;
          }
          ownId = text.slice(from - shift, to - shift);
          begun = true;
          continue;
        }
        if (lf < at) lf = find(text, "\n", at);
        if (lf === length) break;
        let end = lf;
        if (cr < lf) {
          if (cr < at) cr = find(text, "\r", at);
          if (cr + 1 < lf) break;
          if (cr < lf) end = cr;
        }
        if (
          first === 100 &&
          bytes[begin + 1] === 97 &&
          bytes[begin + 2] === 116 &&
          bytes[begin + 3] === 97 &&
          bytes[begin + 4] === COLON
        ) {
          const value = text.slice(at + (bytes[begin + 5] === SPACE ? 6 : 5), end);
          at = lf + 1;
          if (bytes[lf + shift] !== LF) shift = bytes.indexOf(LF, lf + shift) - lf;
          if (ownData === undefined && at + shift < size && bytes[at + shift] === LF) {
            at++;
            over = at + shift;
            dispatch(ownId, ownType, value);
            ownType = "";
            if (closed) break;
            continue;
          }
          ownData = ownData === undefined ? value : `${ownData}\n${value}`;
        } else {
          if (
            first === 101 &&
            bytes[begin + 1] === 118 &&
            bytes[begin + 2] === 101 &&
            bytes[begin + 3] === 110 &&
            bytes[begin + 4] === 116 &&
            bytes[begin + 5] === COLON
          )
            ownType = text.slice(at + (bytes[begin + 6] === SPACE ? 7 : 6), end);
          else if (first !== COLON || onComment !== undefined) break;
          at = lf + 1;
          if (bytes[lf + shift] !== LF) shift = bytes.indexOf(LF, lf + shift) - lf;
          if (first === COLON) continue;
        }
        begun = true;
      }
      if (closed) break;
      if (lf < at) lf = find(text, "\n", at);
      if (cr < at) cr = find(text, "\r", at);
      const end = lf < cr ? lf : cr;
      if (end === length) break;
      const code = text.charCodeAt(end);
      if (bytes[end + shift] !== code) shift = bytes.indexOf(code, end + shift) - end;
      if (end === at) {
        at = afterEnd(text, end);
        over = at + shift;
        dispatch(ownId, ownType, ownData);
        ownType = "";
        ownData = undefined;
      } else {
        id = ownId;
        type = ownType;
        data = ownData;
        field(text.slice(at, end));
        ownId = id;
        ownType = type;
        ownData = data;
        at = afterEnd(text, end);
      }
      if (closed) break;
    }
    if (at < length) partial = text.slice(at);
    id = ownId;
    type = ownType;
    data = ownData;
    behind = over;
    return at > start;
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

  /** The event is over. */
  function dispatch(lastEventId: string, name: string, value: string | undefined): void {
    place.lastEventId = lastEventId;
    const event = name === "" ? "message" : name;
    const parsed = { event, data: value ?? "", lastEventId, topics: topics ?? NO_TOPICS, cursor };
    begun = false;
    topics = undefined;
    cursor = undefined;
    if (value !== undefined) onEvent(parsed);
  }

  return {
    feed,
    close() {
      closed = true;
    },
  };
}
