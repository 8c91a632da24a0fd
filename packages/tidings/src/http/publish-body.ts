import type { Addressed, UntypedPublication } from "../hub/publication.ts";
import { bodyType, JSON_TYPE } from "./body-type.ts";
import { decodeBody, isText, isTexts, parseBody, readMembers, type MemberCheck, type Members } from "./json-body.ts";
import { itemsOf } from "./json-text.ts";
import { ProblemError } from "./problem.ts";

/** What a publish asks for. A batch is answered with an array. */
export interface PublishRequest {
  readonly batch: boolean;
  readonly events: readonly Addressed<UntypedPublication>[];
}

const NDJSON_TYPE = "application/x-ndjson";

/** How a publish is written. */
export type PublishType = typeof JSON_TYPE | typeof NDJSON_TYPE;

/**
 * The type of a publish's body.
 *
 * @throws ProblemError `unsupported-media-type`
 */
export function publishType(contentType: string | undefined): PublishType {
  return bodyType(contentType, [JSON_TYPE, NDJSON_TYPE], "Accept-Post");
}

/**
 * The events of a publish's body.
 *
 * @throws ProblemError `malformed` or `batch-too-large`
 */
export function readPublish(type: PublishType, body: Uint8Array, maxBatch: number): PublishRequest {
  const text = decodeBody(body);
  if (type === NDJSON_TYPE) {
    const lines = text.split("\n").filter((line) => line.trim() !== "");
    checkLength(lines.length, maxBatch);
    return { batch: true, events: inBatch(lines, (line) => readEvent(line, parseBody(line))) };
  }
  const parsed = parseBody(text);
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

function readEvent(text: string, parsed: unknown): Addressed<UntypedPublication> {
  const { values, texts } = readMembers(text, parsed, EVENT);
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

const TEXT = { what: "a text", is: isText };

/** The members that an event may have. What is inside a text is checked by the hub. */
const EVENT: Members = {
  what: "An event",
  example: '{"topic":"a","data":"hello"}',
  known: new Map<string, MemberCheck>([
    ["topic", { what: "a text or an array of texts", is: (value) => isText(value) || isTexts(value) }],
    ["event", TEXT],
    ["data", { what: "any JSON value", is: () => true }],
    ["idempotencyKey", TEXT],
    ["private", { what: "true or false", is: (value) => typeof value === "boolean" }],
  ]),
};
