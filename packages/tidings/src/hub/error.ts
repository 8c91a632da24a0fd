/** What can be wrong with a call to the hub. Stable: they are part of the API, and of problem details over HTTP. */
export type HubErrorCode =
  | "bad-topic"
  | "too-many-topics"
  | "bad-event"
  | "bad-data"
  | "bad-key"
  | "bad-option"
  | "bad-from"
  | "bad-policy"
  | "bad-request"
  | "unknown-stream"
  | "private-without-authentication"
  | "event-too-large"
  | "batch-too-large"
  | "rate-limited"
  | "conflict"
  | "closed"
  | "log-failed";

/** Thrown by the hub. `code` is stable, the message says what was wrong and what would be right. */
export class HubError extends Error {
  override readonly name = "HubError";
  readonly code: HubErrorCode;
  /** With `rate-limited`: when the same would be taken, in milliseconds from now. */
  readonly retryAfter: number | undefined;

  constructor(code: HubErrorCode, message: string, options?: ErrorOptions & { readonly retryAfter?: number }) {
    super(message, options);
    this.code = code;
    this.retryAfter = options?.retryAfter;
  }
}
