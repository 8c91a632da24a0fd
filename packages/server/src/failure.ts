/** Something that the user of the command line can put right. Printed as one line without a stack trace; exit code 1. */
export class Failure extends Error {
  override readonly name = "Failure";
}

/** A failure with an exit code of its own, for those who ask by program what it was. */
export class CodedFailure extends Failure {
  readonly exitCode: number;

  constructor(message: string, exitCode: number, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

/** The system's code of an error (`ECONNREFUSED`), also where `fetch` has hidden it in a cause, or `undefined`. */
export function systemCode(error: unknown): string | undefined {
  for (let at = error, depth = 0; typeof at === "object" && at !== null && depth < 5; depth += 1) {
    const { code, cause } = at as { code?: unknown; cause?: unknown };
    if (typeof code === "string") return code;
    at = cause;
  }
  return undefined;
}

/** The innermost message of an error: `fetch` says no more than "fetch failed" and hides the reason in the cause. */
export function reasonOf(error: unknown): string {
  let message = String(error);
  for (let at = error, depth = 0; typeof at === "object" && at !== null && depth < 5; depth += 1) {
    const { message: text, cause } = at as { message?: unknown; cause?: unknown };
    if (typeof text === "string" && text !== "") message = text;
    at = cause;
  }
  return message;
}
