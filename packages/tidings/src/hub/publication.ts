import { hasControls, shown } from "../wire/fields.ts";
import { HubError } from "./error.ts";
import type { Draft, IdempotencyKey } from "./log/log.ts";
import { checkTopic } from "./topic.ts";
import { longerThan } from "./utf8.ts";

/** The longest event name and the longest idempotency key, in bytes of UTF-8. */
const MAX_NAME_BYTES = 256;
/** The most topics that one event may be published to. */
const MAX_TOPICS_PER_EVENT = 64;

/** What is published, whatever its name. `Publication` is the same with the names and types of an event map. */
export interface UntypedPublication {
  /** The event's name, as `addEventListener` takes it. Without one it is a `message`. */
  readonly event?: string | undefined;
  /** A text is sent as it is; anything else as JSON. */
  readonly data: unknown;
  /** The same key with the same payload is published once within the log's dedupe window, however often it is sent. */
  readonly idempotencyKey?: string | undefined;
  /** Not deliverable to anonymous subscribers. Needs authentication. */
  readonly private?: boolean | undefined;
}

type Typed<Name extends string | undefined, Data> = Omit<UntypedPublication, "event" | "data"> &
  (Name extends string ? { readonly event: Name } : { readonly event?: undefined }) & { readonly data: Data };

/**
 * What is published to a topic. With an event map (`createHub<{ "order.paid": Order }>()`) the name decides the type
 * of the data, and an event without a name is the map's `message`.
 */
export type Publication<Events> = string extends keyof Events
  ? UntypedPublication
  : | { [Name in keyof Events & string]: Typed<Name, Events[Name]> }[keyof Events & string]
    | (Events extends { message: infer Data } ? Typed<undefined, Data> : never);

/** A publication with the topic, or the topics, that it goes to. */
export type Addressed<Fields> = Fields & { readonly topic: string | readonly string[] };

/** What an event is checked against before it may be appended. */
export interface PublicationLimits {
  /** Of an event's data, in bytes of UTF-8. */
  readonly maxEventBytes: number;
  /** Of events in one batch. */
  readonly maxBatch: number;
}

/** A publication that passed the checks, with its key not hashed yet. */
export interface Checked extends Omit<Draft, "key"> {
  readonly idempotencyKey: string | undefined;
}

/**
 * Checks what is to be published.
 *
 * @throws HubError `bad-topic`, `bad-event`, `bad-data`, `bad-key`, `event-too-large` or
 * `private-without-authentication`
 */
export function checkPublication(publication: Addressed<UntypedPublication>, limits: PublicationLimits): Checked {
  if (typeof publication !== "object" || publication === null) {
    throw new HubError("bad-data", `An event is an object such as { data: "hello" }, not ${shown(publication)}`);
  }
  const { event, idempotencyKey } = publication;
  if (event !== undefined) checkEventName(event);
  if (idempotencyKey !== undefined) checkName(idempotencyKey, "bad-key", "An idempotency key");
  if (publication.private) {
    throw new HubError(
      "private-without-authentication",
      "A private event needs a hub with authentication: without it, everyone who subscribes is anonymous",
    );
  }
  const topics = checkTopics(publication.topic);
  const data = dataText(publication.data);
  if (longerThan(data, limits.maxEventBytes)) {
    throw new HubError("event-too-large", `The data of an event has at most ${limits.maxEventBytes} bytes`);
  }
  return { topics, event, data, idempotencyKey, private: false, audience: undefined };
}

/**
 * The text that carries a value: a text as it is, anything else as JSON.
 *
 * @throws HubError `bad-data` if it cannot be carried: nothing, a function, a cycle, a lone surrogate
 */
export function dataText(data: unknown): string {
  if (typeof data === "string") {
    if (data.isWellFormed()) return data;
    throw new HubError("bad-data", "The data of an event has no lone surrogates");
  }
  let text: string | undefined;
  try {
    // Typed as a string, but undefined, a function and a symbol have no JSON.
    text = JSON.stringify(data) as string | undefined;
  } catch (cause) {
    throw new HubError("bad-data", "The data of an event is a text, or a value that JSON can carry", { cause });
  }
  if (text === undefined) {
    throw new HubError("bad-data", `An event has data: a text, or a value that JSON can carry, not ${typeof data}`);
  }
  return text;
}

/**
 * Checks the name of an event.
 *
 * @throws HubError `bad-event`
 */
export function checkEventName(name: unknown): asserts name is string {
  checkName(name, "bad-event", "An event name");
  if (name.startsWith("tidings:")) {
    throw new HubError("bad-event", `Event names that begin with "tidings:" are the hub's own: ${shown(name)}`);
  }
}

function checkName(name: unknown, code: "bad-event" | "bad-key", what: string): asserts name is string {
  if (typeof name !== "string" || name === "") {
    throw new HubError(code, `${what} is a text that is not empty, not ${shown(name)}`);
  }
  if (longerThan(name, MAX_NAME_BYTES)) {
    throw new HubError(code, `${what} has at most ${MAX_NAME_BYTES} bytes: ${shown(name)}`);
  }
  if (hasControls(name) || !name.isWellFormed()) {
    throw new HubError(code, `${what} has no control characters and no lone surrogates: ${shown(name)}`);
  }
}

function checkTopics(topic: string | readonly string[]): readonly string[] {
  if (typeof topic === "string") {
    checkTopic(topic);
    return [topic];
  }
  const topics = Array.isArray(topic) ? [...new Set<unknown>(topic)] : [topic];
  if (topics.length === 0) throw new HubError("bad-topic", "An event is published to at least one topic");
  if (topics.length > MAX_TOPICS_PER_EVENT) {
    throw new HubError("bad-topic", `An event is published to at most ${MAX_TOPICS_PER_EVENT} topics`);
  }
  return topics.map((each) => {
    checkTopic(each);
    return each;
  });
}

/** The key that an event is remembered by: a hash of the key with its topics, and one of what was published. */
export async function hashKey(checked: Checked, idempotencyKey: string): Promise<IdempotencyKey> {
  const [id, payload] = await Promise.all([
    sha256(JSON.stringify([checked.topics.toSorted(), idempotencyKey])),
    sha256(JSON.stringify([checked.event ?? null, checked.data, checked.private, checked.audience ?? null])),
  ]);
  return { id, payload };
}

const encoder = new TextEncoder();

async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", encoder.encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
