import type { StreamChange } from "../hub/changes/check-change.ts";
import type { From, Policy } from "../hub/subscription.ts";
import { bodyType, JSON_TYPE } from "./body-type.ts";
import type { Exchange } from "./exchange.ts";
import { decodeBody, isText, isTexts, parseBody, readMembers, type MemberCheck, type Members } from "./json-body.ts";
import { ProblemError } from "./problem.ts";
import type { StreamOptions } from "./stream-options.ts";

const TEXT = { what: "a text", is: isText };
const TEXTS = { what: "an array of texts", is: isTexts };

/** What `POST /events` takes. */
const STREAM: Members = {
  what: "A stream",
  example: '{"topics":["a","b/*"]}',
  known: new Map<string, MemberCheck>([
    ["topics", TEXTS],
    ["lastEventId", TEXT],
    ["from", TEXT],
    ["policy", TEXT],
    ["client", TEXT],
  ]),
};

/** What `PATCH /events` takes. */
const CHANGE: Members = {
  what: "A change",
  example: '{"stream":"…","add":["a"],"remove":["b"]}',
  known: new Map<string, MemberCheck>([
    ["stream", TEXT],
    ["add", TEXTS],
    ["remove", TEXTS],
  ]),
};

/** What a client asks for with the body of its request. What is inside a text is checked by the hub. */
export type AskedStream = Pick<StreamOptions, "topics" | "lastEventId" | "from" | "policy" | "client">;

/** What a client wants to change, and of which stream. */
export interface AskedChange {
  readonly stream: string;
  readonly change: StreamChange;
}

/**
 * Reads the body of a request for a stream.
 *
 * @throws ProblemError `unsupported-media-type`, `malformed`, `body-too-large`
 */
export async function readStream(exchange: Exchange, maxBody: number): Promise<AskedStream> {
  const values = await readBody(exchange, maxBody, STREAM, "Accept-Post");
  const { topics } = values;
  if (!isTexts(topics)) throw new ProblemError("malformed", `A stream has topics, as in ${STREAM.example}`);
  return {
    topics,
    lastEventId: values["lastEventId"] as string | undefined,
    from: values["from"] as From | undefined,
    policy: values["policy"] as Policy | undefined,
    client: values["client"] as string | undefined,
  };
}

/**
 * Reads the body of a request that changes a stream.
 *
 * @throws ProblemError `unsupported-media-type`, `malformed`, `body-too-large`
 */
export async function readChange(exchange: Exchange, maxBody: number): Promise<AskedChange> {
  const { stream, add, remove } = await readBody(exchange, maxBody, CHANGE, "Accept-Patch");
  if (!isText(stream)) throw new ProblemError("malformed", `A change names its stream, as in ${CHANGE.example}`);
  return { stream, change: { add: add as string[] | undefined, remove: remove as string[] | undefined } };
}

async function readBody(
  exchange: Exchange,
  maxBody: number,
  members: Members,
  header: "Accept-Post" | "Accept-Patch",
): Promise<Readonly<Record<string, unknown>>> {
  bodyType(exchange.header("content-type"), [JSON_TYPE], header);
  const text = decodeBody(await exchange.body(maxBody));
  return readMembers(text, parseBody(text), members).values;
}
