import { HubError, type HubErrorCode } from "../hub/error.ts";
import type { PlainAnswer } from "./plain-answer.ts";

/** An error as HTTP tells it: problem details (RFC 9457) with a stable `code`. */
export interface Problem {
  readonly status: number;
  /** Stable. What a program decides by. */
  readonly code: ProblemCode;
  /** The same for every problem with this code. */
  readonly title: string;
  /** What was wrong with this request, and what would be right. */
  readonly detail: string;
}

/** The codes that HTTP adds to the hub's own. */
export type ProblemCode =
  | HubErrorCode
  | "malformed"
  | "host-not-allowed"
  | "not-found"
  | "method-not-allowed"
  | "request-timeout"
  | "body-too-large"
  | "unsupported-media-type"
  | "header-too-large"
  | "too-many-connections"
  | "overloaded"
  | "internal";

const PROBLEMS: Record<ProblemCode, readonly [status: number, title: string]> = {
  malformed: [400, "The request cannot be read"],
  "bad-request": [400, "The request asks for something that cannot be"],
  "bad-topic": [400, "Not a topic"],
  "too-many-topics": [400, "Too many topics"],
  "bad-event": [400, "Not an event name"],
  "bad-data": [400, "Not the data of an event"],
  "bad-key": [400, "Not an idempotency key"],
  "bad-option": [400, "Not a value of this option"],
  "bad-from": [400, "Not a place to begin"],
  "bad-policy": [400, "No such policy for a slow subscriber"],
  "private-without-authentication": [400, "Private events need authentication"],
  "host-not-allowed": [403, "Not a name of this hub"],
  "not-found": [404, "Not found"],
  "unknown-stream": [404, "No such stream"],
  "method-not-allowed": [405, "Method not allowed"],
  "request-timeout": [408, "The request took too long"],
  conflict: [409, "The idempotency key was used for another payload"],
  "body-too-large": [413, "The body is too large"],
  "event-too-large": [413, "The event is too large"],
  "batch-too-large": [413, "The batch is too large"],
  "unsupported-media-type": [415, "Unsupported media type"],
  "rate-limited": [429, "Too many events for this time"],
  "header-too-large": [431, "The head of the request is too large"],
  internal: [500, "The hub failed"],
  closed: [503, "The hub is closing"],
  "log-failed": [503, "The log did not take it"],
  "too-many-connections": [503, "Too many streams"],
  overloaded: [503, "The hub is overloaded"],
};

/** The media type of every error. */
export const PROBLEM_TYPE = "application/problem+json";

/** The problem with a code. */
export function problem(code: ProblemCode, detail: string): Problem {
  const [status, title] = PROBLEMS[code];
  return { status, code, title, detail };
}

/** Thrown inside a front, and answered by it. */
export class ProblemError extends Error {
  override readonly name = "ProblemError";
  readonly problem: Problem;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: ProblemCode, detail: string, headers: Readonly<Record<string, string>> = {}) {
    super(detail);
    this.problem = problem(code, detail);
    this.headers = headers;
  }
}

/** The answer that tells a problem. */
export function problemAnswer(told: Problem, headers: Readonly<Record<string, string>> = {}): PlainAnswer {
  return {
    status: told.status,
    headers: { "Content-Type": PROBLEM_TYPE, "Cache-Control": "no-store", ...headers },
    body: JSON.stringify(told),
  };
}

/** The answer to the one who asked for what went wrong, or `undefined` if it is the hub's own. */
export function errorAnswer(error: unknown): PlainAnswer | undefined {
  const told = problemOf(error);
  if (told === undefined) return undefined;
  if (error instanceof ProblemError) return problemAnswer(told, error.headers);
  const after = error instanceof HubError ? error.retryAfter : undefined;
  if (after !== undefined) return problemAnswer(told, retryAfter(after));
  return problemAnswer(told, told.status === 503 ? retryAfter(1_000) : {});
}

/** Says when to come back, in the whole seconds that HTTP has. */
export function retryAfter(ms: number): Record<string, string> {
  return { "Retry-After": String(Math.max(1, Math.ceil(ms / 1_000))) };
}

/** The problem that an error is to the one who asked, or `undefined` if it is the hub's own. */
export function problemOf(error: unknown): Problem | undefined {
  if (error instanceof ProblemError) return error.problem;
  if (error instanceof HubError) return problem(error.code, error.message);
  return undefined;
}
