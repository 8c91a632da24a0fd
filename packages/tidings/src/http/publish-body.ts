import type { Addressed, UntypedPublication } from "../hub/publication.ts";
import { itemsOf, membersOf } from "./json-text.ts";
import { ProblemError } from "./problem.ts";
import { shown } from "../wire/fields.ts";

/** What a publish asks for. A batch is answered with an array. */
export interface PublishRequest {
  readonly batch: boolean;
  readonly events: readonly Addressed<UntypedPublication>[];
}

const decoder = new TextDecoder("utf-8", { fatal: true });
const JSON_TYPE = "application/json";
const NDJSON_TYPE = "application/x-ndjson";
/** The media types that can be published, as `Accept-Post` tells them. */
const PUBLISH_TYPES = `${JSON_TYPE}, ${NDJSON_TYPE}`;

/** How a publish is written. */
export type PublishType = typeof JSON_TYPE | typeof NDJSON_TYPE;

/**
 * The type of a publish's body.
 *
 * @throws ProblemError `unsupported-media-type`
 */
export function publishType(contentType: string | undefined): PublishType {
  const type = (contentType ?? "").split(";", 1)[0]?.trim().toLowerCase();
  if (type === JSON_TYPE || type === NDJSON_TYPE) return type;
  const detail = `Publish with the Content-Type ${JSON_TYPE} or ${NDJSON_TYPE}, not ${type ? shown(type) : "without one"}`;
  throw new ProblemError("unsupported-media-type", detail, { "Accept-Post": PUBLISH_TYPES });
}

/**
 * The events of a publish's body.
 *
 * @throws ProblemError `malformed` or `batch-too-large`
 */
export function readPublish(type: PublishType, body: Uint8Array, maxBatch: number): PublishRequest {
  const text = decode(body);
  if (type === NDJSON_TYPE) {
    const lines = text.split("\n").filter((line) => line.trim() !== "");
    checkLength(lines.length, maxBatch);
    return { batch: true, events: inBatch(lines, (line) => readEvent(line, parse(line))) };
  }
  const parsed = parse(text);
  if (!Array.isArray(parsed)) return { batch: false, events: [readEvent(text, parsed)] };
  checkLength(parsed.length, maxBatch);
  return { batch: true, events: inBatch(itemsOf(text), (item, index) => readEvent(item, parsed[index])) };
}

/** Reads every event of a batch; a problem says which one it is in. */
function inBatch<Event>(texts: readonly string[], read: (text: string, index: number) => Event): Event[] {
  return texts.map((text, index) => {
    try {
      return read(text, index);
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      const { code, detail } = error.problem;
      throw new ProblemError(code, `${detail} (event ${index + 1} of ${texts.length})`);
    }
  });
}

/** Before the events are looked at: a small body can hold very many. */
function checkLength(length: number, maxBatch: number): void {
  if (length <= maxBatch) return;
  throw new ProblemError("batch-too-large", `A batch has at most ${maxBatch} events, not ${length}`);
}

function decode(body: Uint8Array): string {
  try {
    return decoder.decode(body);
  } catch {
    throw new ProblemError("malformed", "The body is not UTF-8");
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // The parser's own words quote the text, which is somebody's payload.
    const at = /position \d+/.exec(String(error))?.[0];
    throw new ProblemError(
      "malformed",
      `The body is ${text.trim() === "" ? "empty" : "not JSON"}${at === undefined ? "" : `: see ${at}`}`,
    );
  }
}

function readEvent(text: string, parsed: unknown): Addressed<UntypedPublication> {
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    throw new ProblemError("malformed", 'An event is an object, such as {"topic":"a","data":"hello"}');
  }
  const values = parsed as Record<string, unknown>;
  const texts = new Map<string, string>();
  for (const member of membersOf(text)) {
    const { name } = member;
    const known = MEMBERS.get(name);
    if (known === undefined) {
      const all = [...MEMBERS.keys()].join(", ");
      throw new ProblemError("malformed", `An event has no member ${shown(name)}; it has ${all}`);
    }
    if (texts.has(name)) throw new ProblemError("malformed", `The member ${shown(name)} is there twice`);
    if (!known.is(values[name])) throw new ProblemError("malformed", `The member ${shown(name)} is ${known.what}`);
    texts.set(name, member.text);
  }
  const data = typeof values["data"] === "string" ? values["data"] : texts.get("data");
  if (data === undefined) throw new ProblemError("malformed", "An event has data: any JSON value");
  return {
    topic: (values["topic"] ?? "default") as string | string[],
    event: values["event"] as string | undefined,
    data,
    idempotencyKey: values["idempotencyKey"] as string | undefined,
    private: values["private"] as boolean | undefined,
  };
}

/** The members that an event may have. What is inside a text is checked by the hub. */
const MEMBERS: ReadonlyMap<string, { what: string; is(value: unknown): boolean }> = new Map([
  ["topic", { what: "a text or an array of texts", is: (value) => typeof value === "string" || isTexts(value) }],
  ["event", { what: "a text", is: isText }],
  ["data", { what: "any JSON value", is: () => true }],
  ["idempotencyKey", { what: "a text", is: isText }],
  ["private", { what: "true or false", is: (value) => typeof value === "boolean" }],
]);

function isText(value: unknown): boolean {
  return typeof value === "string";
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every(isText);
}
