import type { Meter } from "../../wire/meter.ts";
import { ClientError } from "../error.ts";

/**
 * A limit on the size of an event, looked at once a chunk: it can be passed by up to a chunk of bytes. What it is for is
 * that memory is bounded, and the exact one is five times the code.
 *
 * @throws ClientError `event-too-large`, when it is told of bytes
 */
export function createEventLimit(maxEventBytes: number): Meter["count"] {
  /** Bytes that have come since an event was completed, but for comments. */
  let pending = 0;
  return ({ length }, ended, begun, behind) => {
    pending = behind >= 0 || (ended && !begun) ? 0 : pending + length;
    if (pending > maxEventBytes) throw new ClientError("event-too-large", `Beyond ${maxEventBytes} bytes`);
  };
}
