import { type DestinationStream, type Logger, destination, pino, stdTimeFunctions } from "pino";

import type { ServeSettings } from "./settings.ts";

/**
 * The log of the process: JSON lines on stderr, written at once, so that the last one before an exit is there. Those of a
 * worker bear its number. A rejection that nobody waited for is told there, and ends nothing.
 */
export function createProcessLogger({ logLevel }: Pick<ServeSettings, "logLevel">, worker?: number): Logger {
  const stderr: DestinationStream = destination({ fd: 2, sync: true });
  const logger = pino(
    {
      level: logLevel,
      base: worker === undefined ? null : { worker },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: described, error: described },
    },
    stderr,
  );
  process.on("unhandledRejection", (error) => logger.error({ err: error }, "something failed that nobody waited for"));
  return logger;
}

/** What may be told of an error: not its own fields, where others put requests, headers and payloads. */
function described(error: unknown): object {
  if (typeof error !== "object" || error === null) return { message: String(error) };
  const { name, message, code, stack } = error as Partial<Record<"name" | "message" | "code" | "stack", unknown>>;
  return { type: name, message, code, stack };
}
