import { milliseconds, type Duration } from "../hub/duration.ts";

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
  return milliseconds(duration, "heartbeat", 100);
}
