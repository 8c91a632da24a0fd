/** What can be wrong with a call to the hub. Stable: they are part of the API, and of problem details over HTTP. */
export type HubErrorCode =
  | "bad-topic"
  | "too-many-topics"
  | "bad-event"
  | "bad-data"
  | "bad-key"
  | "bad-option"
  | "bad-from"
  | "private-without-authentication"
  | "event-too-large"
  | "batch-too-large"
  | "conflict"
  | "closed"
  | "log-failed";

/** Thrown by the hub. `code` is stable, the message says what was wrong and what would be right. */
export class HubError extends Error {
  override readonly name = "HubError";
  readonly code: HubErrorCode;

  constructor(code: HubErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** A value from outside, made fit for a message: quoted, with controls escaped, at most 60 characters. */
export function shown(value: unknown): string {
  if (typeof value === "object" && value !== null) return "an object";
  const text = typeof value === "string" ? value : String(value);
  const quoted = JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
  return quoted.replace(
    /[\u007f-\u009f\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
