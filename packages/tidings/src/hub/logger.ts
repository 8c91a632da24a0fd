/** Where the library says what it noticed. Fits pino and `console`. Never given a payload, a cursor or a header. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

function silent(): void {}

/** Says nothing. The default: a library does not write where it was not asked to. */
export const noLogger: Logger = { debug: silent, info: silent, warn: silent, error: silent };
