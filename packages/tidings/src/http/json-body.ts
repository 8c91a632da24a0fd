import { shown } from "../wire/fields.ts";
import { membersOf } from "./json-text.ts";
import { ProblemError } from "./problem.ts";

/** What a member of an object in a body has to be. */
export interface MemberCheck {
  readonly what: string;
  readonly is: (value: unknown) => boolean;
}

/** What an object in a body may have. */
export interface Members {
  /** What the object is, for errors. */
  readonly what: string;
  readonly example: string;
  readonly known: ReadonlyMap<string, MemberCheck>;
}

const decoder = new TextDecoder("utf-8", { fatal: true });

/**
 * A body as text.
 *
 * @throws ProblemError `malformed`
 */
export function decodeBody(body: Uint8Array): string {
  try {
    return decoder.decode(body);
  } catch {
    throw new ProblemError("malformed", "The body is not UTF-8");
  }
}

/**
 * A text as JSON.
 *
 * @throws ProblemError `malformed`
 */
export function parseBody(text: string): unknown {
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

/**
 * The members of an object: their values, and as they were written. One that is not known is refused, so that a typing
 * error is not lost in silence.
 *
 * @throws ProblemError `malformed`
 */
export function readMembers(
  text: string,
  parsed: unknown,
  { what, example, known }: Members,
): { readonly values: Readonly<Record<string, unknown>>; readonly texts: ReadonlyMap<string, string> } {
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    throw new ProblemError("malformed", `${what} is an object, such as ${example}`);
  }
  const values = parsed as Record<string, unknown>;
  const texts = new Map<string, string>();
  for (const member of membersOf(text)) {
    const { name } = member;
    const asked = known.get(name);
    if (asked === undefined) {
      const all = [...known.keys()].join(", ");
      throw new ProblemError("malformed", `${what} has no member ${shown(name)}; it has ${all}`);
    }
    if (texts.has(name)) throw new ProblemError("malformed", `The member ${shown(name)} is there twice`);
    if (!asked.is(values[name])) throw new ProblemError("malformed", `The member ${shown(name)} is ${asked.what}`);
    texts.set(name, member.text);
  }
  return { values, texts };
}

/** Whether a value is a text. */
export function isText(value: unknown): value is string {
  return typeof value === "string";
}

/** Whether a value is an array of texts. */
export function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every(isText);
}
