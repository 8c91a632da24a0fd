import { HubError } from "./error.ts";
import { shown } from "../wire/fields.ts";

/** A length of time: a number of milliseconds, or a string such as `"500ms"`, `"15s"`, `"5m"`, `"1h"`, `"7d"`. */
export type Duration = number | string;

const UNITS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * A duration in milliseconds.
 *
 * @param what names the option in the error
 * @param least in milliseconds
 * @throws HubError `bad-option` if it is not a finite duration, or less than the least
 */
export function milliseconds(duration: Duration, what: string, least = 0): number {
  const ms = readDuration(duration, what);
  if (ms >= least) return ms;
  throw new HubError("bad-option", `${what} must be at least ${least} ms, not ${shown(duration)}`);
}

function readDuration(duration: Duration, what: string): number {
  if (typeof duration === "number" && Number.isFinite(duration) && duration >= 0) return duration;
  const parts = typeof duration === "string" ? /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(duration.trim()) : null;
  const unit = UNITS[parts?.[2] ?? ""];
  if (parts?.[1] === undefined || unit === undefined) {
    throw new HubError(
      "bad-option",
      `${what} must be milliseconds or a text such as "15s" or "1h", not ${shown(duration)}`,
    );
  }
  return Number(parts[1]) * unit;
}
