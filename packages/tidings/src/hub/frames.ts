import { encodeEvent } from "../wire/encode.ts";
import { formatCursor } from "./cursor.ts";
import type { Entry, Position } from "./log/log.ts";
import { Queue } from "./log/queue.ts";

/** The bytes of an entry on the wire. */
export function frameOf(entry: Entry, position: Position): Uint8Array {
  const { event, topics, data } = entry;
  return encodeEvent({ id: formatCursor(position), event, topics, data });
}

interface Framed {
  readonly position: Position;
  readonly frame: Uint8Array;
}

/**
 * The frames of entries older than the tail that were made last: replays that are about as far as each other make them
 * once. Bounded in bytes, the oldest go first.
 */
export class Frames {
  readonly #maxBytes: number;
  readonly #frames = new Map<number, Framed>();
  readonly #order = new Queue<Framed>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The frame of an entry. */
  of(entry: Entry, epoch: string): Uint8Array {
    const { offset, tag } = entry;
    const known = this.#frames.get(offset);
    if (known?.position.tag === tag && known.position.epoch === epoch) return known.frame;
    const position = { epoch, offset, tag };
    const framed = { position, frame: frameOf(entry, position) };
    this.#frames.set(offset, framed);
    this.#order.push(framed);
    this.#bytes += weight(framed);
    while (this.#bytes > this.#maxBytes) this.#dropOldest();
    return framed.frame;
  }

  /** The history is another one. */
  clear(): void {
    this.#frames.clear();
    while (this.#order.shift() !== undefined);
    this.#bytes = 0;
  }

  #dropOldest(): void {
    const oldest = this.#order.shift();
    if (oldest === undefined) return;
    this.#bytes -= weight(oldest);
    if (this.#frames.get(oldest.position.offset) === oldest) this.#frames.delete(oldest.position.offset);
  }
}

function weight({ frame }: Framed): number {
  return 300 + frame.length;
}
