import { HubError, type HubErrorCode } from "../hub/error.ts";

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
  | "bad-request"
  | "host-not-allowed"
  | "not-found"
  | "method-not-allowed"
  | "request-timeout"
  | "body-too-large"
  | "unsupported-media-type"
  | "header-too-large"
  | "internal";

const PROBLEMS: Record<ProblemCode, readonly [status: number, title: string]> = {
  malformed: [400, "The request cannot be read"],
  "bad-request": [400, "The request asks for something that does not exist"],
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
  "method-not-allowed": [405, "Method not allowed"],
  "request-timeout": [408, "The request took too long"],
  conflict: [409, "The idempotency key was used for another payload"],
  "body-too-large": [413, "The body is too large"],
  "event-too-large": [413, "The event is too large"],
  "batch-too-large": [413, "The batch is too large"],
  "unsupported-media-type": [415, "Unsupported media type"],
  "header-too-large": [431, "The head of the request is too large"],
  internal: [500, "The hub failed"],
  closed: [503, "The hub is closing"],
  "log-failed": [503, "The log did not take the event"],
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

/** The problem that an error is to the one who asked, or `undefined` if it is the hub's own. */
export function problemOf(error: unknown): Problem | undefined {
  if (error instanceof ProblemError) return error.problem;
  if (error instanceof HubError) return problem(error.code, error.message);
  return undefined;
}
