/** An event that the standard's algorithm dispatches, with what is ours added. */
interface StandardEvent {
  readonly event: string;
  readonly data: string;
  readonly lastEventId: string;
  readonly topics: readonly string[];
  readonly cursor: string | undefined;
}

/** All that a stream makes happen. */
export interface Interpretation {
  readonly events: StandardEvent[];
  /** The reconnection times that were set, in order. */
  readonly retries: number[];
  /** What an EventSource would send as `Last-Event-ID` after this stream. */
  readonly lastEventId: string;
}

/** In what a browser is known to do otherwise than the standard says. */
export type Departure = "forgets the id of a block without data";

/**
 * Interprets a whole event stream word by word as the HTML standard has it (9.2.6 "Interpreting an event stream"), slowly,
 * with the standard's names. Not in the standard: `topic` and `cursor`, which belong to the event that their block makes,
 * and the largest reconnection time, which is the largest that a timer takes.
 */
export function interpret(stream: Uint8Array, initialLastEventId = "", departure?: Departure): Interpretation {
  // "Streams must be decoded using the UTF-8 decode algorithm", which strips one byte order mark.
  const text = new TextDecoder("utf-8", { ignoreBOM: false }).decode(stream);

  const events: StandardEvent[] = [];
  const retries: number[] = [];
  let lastEventIdString = initialLastEventId;

  // "When a stream is parsed, a data buffer, an event type buffer, and a last event ID buffer must be associated with it."
  // The last one starts as the last stream left it: what every browser does.
  let dataBuffer = "";
  let eventTypeBuffer = "";
  let lastEventIdBuffer = initialLastEventId;
  let topics: string[] = [];
  let cursor: string | undefined;

  for (const line of linesOf(text)) {
    if (line === "") dispatchTheEvent();
    else if (line.startsWith(":")) continue;
    else if (line.includes(":")) {
      const field = line.slice(0, line.indexOf(":"));
      let value = line.slice(line.indexOf(":") + 1);
      if (value.startsWith(" ")) value = value.slice(1);
      processTheField(field, value);
    } else processTheField(line, "");
  }
  // "Once the end of the file is reached, any pending data must be discarded."
  return { events, retries, lastEventId: lastEventIdString };

  function processTheField(field: string, value: string): void {
    if (field === "event") eventTypeBuffer = value;
    else if (field === "data") dataBuffer += `${value}\n`;
    else if (field === "id") {
      if (!value.includes("\0")) lastEventIdBuffer = value;
    } else if (field === "retry") {
      if (/^[0-9]+$/.test(value)) {
        retries.push(Math.min(Number.parseInt(value, 10), 2_147_483_647));
      }
    } else if (field === "topic") topics.push(value);
    else if (field === "cursor") cursor = value;
  }

  function dispatchTheEvent(): void {
    if (departure === "forgets the id of a block without data" && dataBuffer === "")
      lastEventIdBuffer = lastEventIdString;
    lastEventIdString = lastEventIdBuffer;
    if (dataBuffer !== "") {
      if (dataBuffer.endsWith("\n")) dataBuffer = dataBuffer.slice(0, -1);
      const event = eventTypeBuffer === "" ? "message" : eventTypeBuffer;
      events.push({ event, data: dataBuffer, lastEventId: lastEventIdString, topics, cursor });
    }
    dataBuffer = "";
    eventTypeBuffer = "";
    topics = [];
    cursor = undefined;
  }
}

/** The lines that end: by CRLF, by LF not behind a CR, or by CR not before an LF. What is behind the last end is none. */
function linesOf(text: string): string[] {
  const lines: string[] = [];
  let line = "";
  for (let position = 0; position < text.length; position++) {
    const char = text.charAt(position);
    if (char === "\r" || char === "\n") {
      lines.push(line);
      line = "";
      if (char === "\r" && text.charAt(position + 1) === "\n") position++;
    } else line += char;
  }
  return lines;
}
