/** What can be wrong with what is written to the wire (`bad-field`) or read from it. Stable: part of the API. */
export type WireErrorCode = "bad-field" | "line-too-large" | "event-too-large";

/** Thrown by the encoder and by the parser. `code` is stable, the message says what was wrong and what would be right. */
export class WireError extends Error {
  override readonly name = "WireError";
  readonly code: WireErrorCode;

  constructor(code: WireErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
