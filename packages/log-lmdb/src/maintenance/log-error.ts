/** What can be wrong with work on a log's folder. */
export type LogErrorCode = "no-log" | "log-in-use" | "log-damaged" | "bad-format";

/** Thrown by the work on a log's folder. `code` is stable, the message says what was wrong and what would be right. */
export class LogError extends Error {
  override readonly name = "LogError";
  readonly code: LogErrorCode;

  constructor(code: LogErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
