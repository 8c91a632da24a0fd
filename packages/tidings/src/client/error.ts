/** What went wrong at the client. Stable: part of the API. */
export type ClientErrorCode =
  /** The function for headers failed: no token, for example. */
  | "headers"
  /** No response came, or the connection broke. */
  | "network"
  /** The server ended the stream. */
  | "ended"
  /** Nothing came for longer than the server's heartbeats allow. */
  | "silent"
  /** The system says that it has no network. */
  | "offline"
  /** The page is hidden, or in the back/forward cache. */
  | "paused"
  /** A status other than 200 and 204. */
  | "refused"
  /** 204: there is no more. */
  | "over"
  /** A `Content-Type` other than `text/event-stream`. */
  | "not-a-stream"
  /** A URL that is neither `http:` nor `https:`. */
  | "not-http"
  /** Someone else aborted the request: `window.stop()`, for example. */
  | "aborted"
  | "event-too-large"
  /** What `parse` made nothing of. */
  | "bad-data"
  /** A handler threw. */
  | "handler-failed"
  /** More events waited than an iterator's buffer takes. */
  | "overflow"
  /** The client was closed. */
  | "closed"
  /** Another tab logged out. */
  | "logged-out";

/** Problem details as the server sent them (RFC 9457). Nothing of it is checked. */
export interface Problem {
  /** With a Tidings hub: which error it is, stable. */
  readonly code?: string;
  readonly title?: string;
  /** For people. */
  readonly detail?: string;
  readonly [member: string]: unknown;
}

/** What a {@link ClientError} may say beyond its code. */
export interface ClientErrorDetails extends ErrorOptions {
  readonly status?: number | undefined;
  readonly problem?: Problem | undefined;
  readonly retryAfter?: number | undefined;
}

/** What the client reports. `code` is stable, the message is for people. */
export class ClientError extends Error {
  override readonly name = "ClientError";
  declare readonly code: ClientErrorCode;
  /** Of the response that ended it, if one did. */
  declare readonly status: number | undefined;
  /** The response's problem details, if it had any. */
  declare readonly problem: Problem | undefined;
  /** What the response's `Retry-After` asked for, in ms from its coming. */
  declare readonly retryAfter: number | undefined;

  /** Without a message where the code says everything. */
  constructor(code: ClientErrorCode, message: string = code, details?: ClientErrorDetails) {
    super(message, details);
    Object.assign(this, { code }, details);
  }
}
