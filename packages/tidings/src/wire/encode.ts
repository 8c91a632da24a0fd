import { checkData, checkLine, checkRetry } from "./fields.ts";

/** What an event says on the wire. A field that is absent writes no line. */
export interface EventFields {
  /** The event's name. Absent or empty, it arrives as `message`. */
  readonly event?: string | undefined;
  /** Any text; it arrives with LF for CRLF and CR. Without it nothing is dispatched, but `id` and `retry` still count. */
  readonly data?: string | undefined;
  /** The last event id from here on; empty, it forgets the one before. */
  readonly id?: string | undefined;
  /** The reconnection time in milliseconds. */
  readonly retry?: number | undefined;
  /** A `topic:` line each. `EventSource` ignores them. */
  readonly topics?: readonly string[] | undefined;
  /** Which event of a log it is, where `id` must not say so. `EventSource` ignores it. */
  readonly cursor?: string | undefined;
}

const encoder = new TextEncoder();

/**
 * One event in the text/event-stream format, as text: the lines `id`, `event`, `topic`, `cursor`, `retry` and `data`, in
 * this order, and the blank line (HTML standard, section 9.2.5). `data` is split on CRLF, CR and LF, a line each.
 *
 * @throws WireError `bad-field`: for a control character in `event`, `id`, `topics` or `cursor`, a lone surrogate
 *   anywhere, or a `retry` that is no safe non-negative integer. Nothing is ever stripped or replaced.
 */
export function formatEvent(fields: EventFields): string {
  const { id, event, topics, cursor, retry, data } = fields;
  let text = "";
  if (id !== undefined) text += namedLine("id", id);
  if (event !== undefined) text += namedLine("event", event);
  if (topics !== undefined) for (const topic of topics) text += namedLine("topic", topic);
  if (cursor !== undefined) text += namedLine("cursor", cursor);
  if (retry !== undefined) {
    checkRetry(retry);
    text += `retry: ${retry}\n`;
  }
  if (data !== undefined) {
    checkData(data);
    text += dataLines(data);
  }
  return `${text}\n`;
}

/**
 * The same as {@link formatEvent}, as UTF-8.
 *
 * @throws WireError `bad-field`
 */
export function encodeEvent(fields: EventFields): Uint8Array<ArrayBuffer> {
  return encoder.encode(formatEvent(fields));
}

/**
 * Several events, one after another, as UTF-8.
 *
 * @throws WireError `bad-field`
 */
export function encodeEvents(events: readonly EventFields[]): Uint8Array<ArrayBuffer> {
  let text = "";
  for (const fields of events) text += formatEvent(fields);
  return encoder.encode(text);
}

/**
 * A comment as UTF-8: one line, which `EventSource` ignores. It ends no event, so it may also stand inside one.
 *
 * @throws WireError `bad-field`: for a control character (a line end too) or a lone surrogate
 */
export function encodeComment(text: string): Uint8Array<ArrayBuffer> {
  checkLine("comment", text);
  return encoder.encode(line("", text));
}

function namedLine(field: string, value: string): string {
  checkLine(field, value);
  return line(field, value);
}

function dataLines(data: string): string {
  // Two searches cost less than a split, and nearly all data is one line.
  const hasCr = data.includes("\r");
  if (!hasCr && !data.includes("\n")) return line("data", data);
  let text = "";
  for (const value of data.split(hasCr ? /\r\n|\r|\n/ : "\n")) text += line("data", value);
  return text;
}

/** The one space after the colon is not part of the value, so a value may begin with one of its own. */
function line(field: string, value: string): string {
  return value === "" ? `${field}:\n` : `${field}: ${value}\n`;
}
