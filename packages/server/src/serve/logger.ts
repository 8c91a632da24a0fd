import { type DestinationStream, type Logger, destination, pino, stdTimeFunctions } from "pino";

import type { LogLevel } from "./settings.ts";

/**
 * The log of the process: JSON lines on stderr, written at once, so that the last one before an exit is there. Those of a
 * worker bear its number.
 */
export function createLogger(level: LogLevel, worker?: number): Logger {
  const stderr: DestinationStream = destination({ fd: 2, sync: true });
  return pino(
    {
      level,
      base: worker === undefined ? null : { worker },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: described, error: described },
    },
    stderr,
  );
}

/** What may be told of an error: not its own fields, where others put requests, headers and payloads. */
function described(error: unknown): object {
  if (typeof error !== "object" || error === null) return { message: String(error) };
  const { name, message, code, stack } = error as Partial<Record<"name" | "message" | "code" | "stack", unknown>>;
  return { type: name, message, code, stack };
}
