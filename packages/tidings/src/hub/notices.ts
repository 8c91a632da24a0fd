import { encodeEvent } from "../wire/encode.ts";
import { formatCursor } from "./cursor.ts";
import type { Position, Range } from "./log/log.ts";

/** Why a range cannot be vouched for. */
export type GapReason = "evicted" | "corrupt" | "skipped";
/** Why a cursor is not of this history: not one of a hub's, or of another epoch, ahead of the log, or rewound. */
export type ResetReason = "unknown-cursor" | "history-changed";

function idOf(position: Position | undefined): string | undefined {
  return position === undefined ? undefined : formatCursor(position);
}

/** What the first frame of a stream tells of it, in milliseconds; and its name, if it has one. */
interface Opening {
  readonly heartbeat: number;
  readonly stream?: string | undefined;
}

/** The first frame of a stream. Without a position as long as there is something to confess, or a snapshot to send. */
export function openingFrame(position: Position | undefined, retry: number, opening: Opening): Uint8Array {
  return encodeEvent({ event: "tidings:cursor", id: idOf(position), retry, data: JSON.stringify(opening) });
}

/** Moves the client's cursor, and shows that the stream lives. Without a position it does the second alone. */
export function heartbeatFrame(position: Position | undefined): Uint8Array {
  return encodeEvent({ event: "tidings:cursor", id: idOf(position), data: "" });
}

/** From here on events come as they happen. */
export function liveFrame(position: Position): Uint8Array {
  return encodeEvent({ event: "tidings:live", id: formatCursor(position), data: "" });
}

/** A range that cannot be vouched for. The `id:` is where delivery goes on, or nothing where a snapshot follows. */
export function gapFrame(reason: GapReason, { after, through }: Range, position: Position | undefined): Uint8Array {
  const data = JSON.stringify({ reason, after: formatCursor(after), through: formatCursor(through) });
  return encodeEvent({ event: "tidings:gap", id: idOf(position), data });
}

/** The history is another one. The `id:` as in a gap. */
export function resetFrame(reason: ResetReason, position: Position | undefined): Uint8Array {
  return encodeEvent({ event: "tidings:reset", id: idOf(position), data: JSON.stringify({ reason }) });
}

/** Tells a client when to come back. */
export function retryFrame(retry: number): Uint8Array {
  return encodeEvent({ retry });
}
