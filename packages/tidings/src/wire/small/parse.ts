import { createMarkRemover } from "../byte-order-mark.ts";
import type { Ended, Meter } from "../meter.ts";
import type { Parser, ParserOptions } from "../parser.ts";
import { createDecoder } from "./decode.ts";
import { afterSpace, find, isData, isEvent, isId, isTopic } from "./scan.ts";

const LF = 10;
const CR = 13;
const MAX_RETRY = 2 ** 31 - 1;
const NO_TOPICS: readonly string[] = Object.freeze([]);

/**
 * The parser of `parse.ts` for a browser, which pays for code: 400 bytes of gzip less, slower in large chunks. It
 * makes the same events and has the same errors; the limits are those of the meter.
 */
export function createSmallParser(meter: Meter, options: ParserOptions): Parser {
  const { onEvent, onRetry, onComment } = options;
  const withoutMark = createMarkRemover();
  const decode = createDecoder();
  let closed = false;
  let afterCr = false;
  // The line whose end has not come. Engines join such a text once, when it is first looked into, so that a line in many
  // pieces costs no more than its length.
  let partial = "";

  // The standard's buffers, but that `data` lacks the LF at its end, and is `undefined` where the standard's is empty.
  let id = options.lastEventId ?? "";
  let type = "";
  let data: string | undefined;
  let topics: string[] | undefined;
  let cursor: string | undefined;
  let lastEventId = id;

  function feed(chunk: Uint8Array): void {
    if (closed) return;
    const bytes = withoutMark(chunk);
    if (bytes.length === 0) return;
    let done = false;
    try {
      const excess = meter.excess(bytes);
      const ended = read(decode(excess === undefined ? bytes : bytes.subarray(0, excess.at)));
      if (excess !== undefined && !closed) throw excess.error;
      meter.count(bytes, ended, true, -1);
      done = true;
    } finally {
      if (!done) closed = true;
    }
  }

  /** Reads lines: those that nearly every event is made of here, by a few comparisons, and all others in `field`. */
  function read(text: string): Ended {
    const { length } = text;
    let ended: Ended = "nothing";
    let at = afterStart(text);
    // Where the next of each is, or the text's end. Searched for when passed and never line by line, so that a stream
    // without the one is not searched for it again and again.
    let lf = find(text, "\n", at);
    let cr = find(text, "\r", at);

    if (partial !== "") {
      const end = lf < cr ? lf : cr;
      partial += text.slice(at, end);
      if (end === length) return ended;
      const line = partial;
      partial = "";
      field(line);
      if (closed) return ended;
      at = afterEnd(text, end);
      ended = "line";
    }

    while (at < length) {
      const first = text.charCodeAt(at);
      if (first === LF || first === CR) {
        at = afterEnd(text, at);
        ended = "event";
        blankLine();
        if (closed) return ended;
        continue;
      }
      if (lf < at) lf = find(text, "\n", at);
      if (cr < at) cr = find(text, "\r", at);
      const end = lf < cr ? lf : cr;
      if (end === length) {
        partial = text.slice(at);
        return ended;
      }
      if (ended === "nothing") ended = "line";
      if (first === 100 && isData(text, at)) {
        const value = text.slice(afterSpace(text, at + 5), end);
        // Nearly every event: one line of data, and it is over. It goes out without being put together.
        if (data === undefined && end === lf && text.charCodeAt(end + 1) === LF) {
          ended = "event";
          dispatch(value);
          if (closed) return ended;
          at = end + 2;
          continue;
        }
        addData(value);
      } else if (first === 105 && isId(text, at)) {
        const value = text.slice(afterSpace(text, at + 3), end);
        if (!value.includes("\0")) id = value;
      } else if (first === 101 && isEvent(text, at)) {
        type = text.slice(afterSpace(text, at + 6), end);
      } else if (first === 116 && isTopic(text, at)) {
        addTopic(text.slice(afterSpace(text, at + 6), end));
      } else {
        field(text.slice(at, end));
        if (closed) return ended;
      }
      at = end === lf ? end + 1 : afterEnd(text, end);
    }
    return ended;
  }

  /** Where a text begins: behind an LF if it belongs to the CR that ended the text before. */
  function afterStart(text: string): number {
    if (!afterCr) return 0;
    afterCr = false;
    return text.charCodeAt(0) === LF ? 1 : 0;
  }

  /** Where the line after a line end begins. A CR ends its line at once: the LF that may belong to it can be long in coming. */
  function afterEnd(text: string, end: number): number {
    if (text.charCodeAt(end) === LF) return end + 1;
    afterCr = end + 1 === text.length;
    return text.charCodeAt(end + 1) === LF ? end + 2 : end + 1;
  }

  /** A line that is not blank, as the standard has it. */
  function field(line: string): void {
    const colon = line.indexOf(":");
    const name = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? "" : line.slice(afterSpace(line, colon + 1));
    switch (name) {
      case "":
        return onComment?.(value);
      case "data":
        return addData(value);
      case "event":
        type = value;
        return;
      case "id":
        if (!value.includes("\0")) id = value;
        return;
      case "retry":
        if (/^[0-9]+$/.test(value)) onRetry?.(Math.min(Number(value), MAX_RETRY));
        return;
      case "topic":
        return addTopic(value);
      case "cursor":
        cursor = value;
        return;
      default:
    }
  }

  function addData(value: string): void {
    data = data === undefined ? value : `${data}\n${value}`;
  }

  function addTopic(value: string): void {
    if (topics === undefined) topics = [value];
    else topics.push(value);
  }

  function blankLine(): void {
    if (data !== undefined) return dispatch(data);
    lastEventId = id;
    forgetEvent();
  }

  function dispatch(value: string): void {
    lastEventId = id;
    const event = type === "" ? "message" : type;
    const parsed = { event, data: value, lastEventId, topics: topics ?? NO_TOPICS, cursor };
    forgetEvent();
    onEvent(parsed);
  }

  /** What is forgotten at a blank line: all but the id. */
  function forgetEvent(): void {
    type = "";
    data = undefined;
    topics = undefined;
    cursor = undefined;
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
