import { encodeEvent, encodeEvents, type EventFields } from "../wire/encode.ts";
import { formatCursor } from "./cursor.ts";
import type { Entry, Position } from "./log/log.ts";
import { RecentValues } from "./recent-values.ts";

/** The bytes of an entry on the wire. */
export function frameOf(entry: Entry, position: Position): Uint8Array {
  return encodeEvent(fieldsOf(entry, position));
}

/** The bytes of several entries of an epoch, one after another: a page that is made at once leaves no garbage for each. */
export function framesOf(entries: readonly Entry[], epoch: string): Uint8Array {
  return encodeEvents(entries.map((entry) => fieldsOf(entry, { epoch, offset: entry.offset, tag: entry.tag })));
}

function fieldsOf({ event, topics, data }: Entry, position: Position): EventFields {
  return { id: formatCursor(position), event, topics, data };
}

interface Framed {
  readonly position: Position;
  readonly frame: Uint8Array;
}

/**
 * The frames of entries older than the tail that were made last: replays that are about as far as each other make them
 * once.
 */
export class Frames {
  readonly #frames: RecentValues<number, Framed>;

  constructor(maxBytes: number) {
    this.#frames = new RecentValues(maxBytes);
  }

  /** The frame of an entry. */
  of(entry: Entry, epoch: string): Uint8Array {
    const { offset, tag } = entry;
    const known = this.#frames.get(offset);
    if (known?.position.tag === tag && known.position.epoch === epoch) return known.frame;
    const position = { epoch, offset, tag };
    const frame = frameOf(entry, position);
    this.#frames.set(offset, { position, frame }, frame.length);
    return frame;
  }

  /** The history is another one. */
  clear(): void {
    this.#frames.clear();
  }
}
