import { milliseconds, type Duration } from "../hub/duration.ts";
import { HubError } from "../hub/error.ts";
import { shown } from "../wire/fields.ts";

/** The longest silence of a stream unless configured. Bun cuts a stream that is silent for 10 s. */
function defaultHeartbeat(): "8s" | "15s" {
  return "Bun" in globalThis ? "8s" : "15s";
}

/**
 * The longest silence of a stream, in milliseconds.
 *
 * @throws HubError `bad-option` below 100 ms
 */
export function heartbeatInterval(duration: Duration = defaultHeartbeat()): number {
  const ms = milliseconds(duration, "heartbeat");
  if (ms >= 100) return ms;
  throw new HubError("bad-option", `heartbeat must be at least 100 ms, not ${shown(duration)}`);
}
