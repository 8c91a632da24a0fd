import { hasControls, shown } from "../wire/fields.ts";

/** What a hub does not take, and how it says so. Its defaults: a client that is refused in production is refused in a test. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly status: number;
  readonly code: string;

  constructor(code: string, message: string, status = 400) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** What passed the checks. */
export interface Checked {
  /** Each once. */
  readonly topics: readonly string[];
  readonly text: string;
}

const MAX_TOPICS = 100;
const MAX_TOPICS_PER_EVENT = 64;
const MAX_TOPIC_BYTES = 1_024;
const MAX_NAME_BYTES = 256;
const MAX_EVENT_BYTES = 65_536;

/**
 * Checks what is published.
 *
 * @throws Refusal
 */
export function checkPublished(
  topic: string | readonly string[],
  event: string | undefined,
  data: unknown,
  key?: string,
): Checked {
  const topics = [...new Set([topic].flat())];
  // Typed as a string, but undefined, a function and a symbol have no JSON.
  const text = typeof data === "string" ? data : (JSON.stringify(data) as string | undefined);
  if (text === undefined) throw new Refusal("malformed", "An event has data: any JSON value");
  if (event !== undefined) checkText("bad-event", "An event name", event, MAX_NAME_BYTES);
  if (event?.startsWith("tidings:")) throw new Refusal("bad-event", `Not for publishers: ${shown(event)}`);
  if (key !== undefined) checkText("bad-key", "An idempotency key", key, MAX_NAME_BYTES);
  if (topics.length === 0 || topics.length > MAX_TOPICS_PER_EVENT) {
    throw new Refusal(
      "bad-topic",
      `An event is published to 1 to ${MAX_TOPICS_PER_EVENT} topics, not ${topics.length}`,
    );
  }
  for (const each of topics) {
    checkTopic(each);
    if (each.includes("*")) throw new Refusal("bad-topic", `A published topic has no "*": ${shown(each)}`);
  }
  if (!text.isWellFormed()) throw new Refusal("bad-data", "The data of an event has no lone surrogates");
  if (bytesOf(text) > MAX_EVENT_BYTES) {
    throw new Refusal("event-too-large", `The data of an event has at most ${MAX_EVENT_BYTES} bytes`, 413);
  }
  return { topics, text };
}

/**
 * Checks all topics and patterns of a stream.
 *
 * @throws Refusal
 */
export function checkAsked(topics: ReadonlySet<string>): void {
  if (topics.size > MAX_TOPICS) {
    throw new Refusal("too-many-topics", `A stream has at most ${MAX_TOPICS} topics, not ${topics.size}`);
  }
  for (const topic of topics) {
    checkTopic(topic);
    // Without the wildcards that may stand there.
    const rest = topic.replace(/(^|\/)\*\*$/, "").replaceAll(/(?<=^|\/)\*(?=\/|$)/g, "");
    if (rest.includes("*")) {
      throw new Refusal("bad-topic", `"*" is a whole segment of a pattern, and "**" its end: ${shown(topic)}`);
    }
  }
}

function checkTopic(topic: string): void {
  checkText("bad-topic", "A topic", topic, MAX_TOPIC_BYTES);
  if (topic.startsWith("$")) throw new Refusal("bad-topic", `Topics with "$" are the hub's own: ${shown(topic)}`);
}

function checkText(code: string, what: string, text: string, maxBytes: number): void {
  if (text !== "" && bytesOf(text) <= maxBytes && !hasControls(text) && text.isWellFormed()) return;
  throw new Refusal(code, `${what} has 1 to ${maxBytes} bytes, and no control characters: ${shown(text)}`);
}

function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}
