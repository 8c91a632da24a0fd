import { WireError } from "./error.ts";

const CONTROL = /\p{Cc}/u;
// With the flag `u` a surrogate is found only where it is alone.
const REFUSED = /[\p{Cc}\p{Cs}]/u;

/** Whether a text has a control character: C0 (CR, LF and NUL are among them), DEL or C1. */
export function hasControls(text: string): boolean {
  return CONTROL.test(text);
}

/**
 * Checks what is to stand in a line as it is: a control character could end the line and forge another field, and a lone
 * surrogate has no UTF-8.
 *
 * @throws WireError `bad-field`
 */
export function checkLine(field: string, value: unknown): asserts value is string {
  checkText(field, value);
  const [found] = REFUSED.exec(value) ?? [];
  if (found === undefined) return;
  const what = hasControls(found) ? "the control character" : "the lone surrogate";
  throw bad(field, `well-formed text without control characters; ${what} ${codePoint(found)} is in ${shown(value)}`);
}

/**
 * Checks what is to stand in `data:` lines: any text that has a UTF-8.
 *
 * @throws WireError `bad-field`
 */
export function checkData(value: unknown): asserts value is string {
  checkText("data", value);
  if (!value.isWellFormed()) throw bad("data", `well-formed text; a lone surrogate is in ${shown(value)}`);
}

/**
 * Checks a reconnection time.
 *
 * @throws WireError `bad-field`
 */
export function checkRetry(value: unknown): asserts value is number {
  if (Number.isSafeInteger(value) && Number(value) >= 0) return;
  throw bad("retry", `a whole number of milliseconds, from 0 to ${Number.MAX_SAFE_INTEGER}, not ${shown(value)}`);
}

function checkText(field: string, value: unknown): asserts value is string {
  if (typeof value !== "string") throw bad(field, `a text, not ${shown(value)}`);
}

function bad(field: string, must: string): WireError {
  return new WireError("bad-field", `${field} must be ${must}`);
}

/** A value from outside, made fit for a message: a text is quoted, escaped and cut to 60 characters. */
export function shown(value: unknown): string {
  if (typeof value !== "string") return typeof value === "object" && value !== null ? "an object" : String(value);
  const quoted = JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  return quoted.replace(/[\p{Cc}\u2028\u2029]/gu, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function codePoint(char: string): string {
  return `U+${char.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
}
