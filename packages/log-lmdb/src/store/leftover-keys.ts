import type { IdempotencyKey, Position } from "tidings/log";
import type { Block } from "./block.ts";
import { checksum } from "./checksum.ts";
import type { Changes, Environment } from "./environment.ts";
import { leftoverKey, LEFTOVERS, offsetOf } from "./keys.ts";
import type { Retention } from "./store-settings.ts";

/** An idempotency key, with what was answered. */
export interface KnownKey extends IdempotencyKey {
  readonly position: Pick<Position, "offset" | "tag">;
  /** When it was used, by the log's clock. */
  readonly since: number;
}

interface Leftover {
  readonly first: number;
  readonly since: number;
  readonly count: number;
}

/** The idempotency keys of blocks that retention took before the keys' time was over, as the appender knows them. */
export class LeftoverKeys {
  readonly #limits: Pick<Retention, "dedupeWindow" | "maxKeys">;
  #records: Leftover[] = [];
  #count = 0;
  /** What was found when the log was opened; the oldest first. */
  readonly found: readonly KnownKey[];

  constructor(environment: Environment, limits: Pick<Retention, "dedupeWindow" | "maxKeys">) {
    this.#limits = limits;
    this.found = [...environment.all(LEFTOVERS)].flatMap(({ key, value }) => {
      const keys = readKeys(value);
      this.#note({ first: offsetOf(key), since: keys.at(-1)?.since ?? 0, count: keys.length });
      return keys;
    });
  }

  /** A block goes: its keys stay. */
  keep(block: Block, now: number, changes: Changes): void {
    if (!block.hasKeys || now - block.logTime > this.#limits.dedupeWindow) return;
    const keys = keysOf(block);
    if (keys.length === 0) return;
    changes.put(leftoverKey(block.first), writeKeys(keys));
    this.#note({ first: block.first, since: block.logTime, count: keys.length });
  }

  /** Lets go what is over, or more than is remembered. */
  expire(now: number, changes: Changes): void {
    const { dedupeWindow, maxKeys } = this.#limits;
    let gone = 0;
    for (const { first, since, count } of this.#records) {
      // As long as one of its keys may be among those that are remembered, it stays.
      if (now - since <= dedupeWindow && this.#count - count < maxKeys) break;
      this.#count -= count;
      changes.remove(leftoverKey(first));
      gone++;
    }
    if (gone > 0) this.#records = this.#records.slice(gone);
  }

  #note(leftover: Leftover): void {
    this.#records.push(leftover);
    this.#count += leftover.count;
  }
}

/** The idempotency keys of a block's entries. */
export function keysOf(block: Block): KnownKey[] {
  const keys: KnownKey[] = [];
  for (let offset = block.first; offset <= block.last; offset++) {
    const key = block.keyAt(offset);
    if (key !== undefined) keys.push({ ...key, position: { offset, tag: block.tagAt(offset) }, since: block.logTime });
  }
  return keys;
}

// A checksum, the time (8), and for each the offset (6), the tag (4) and the two texts with their lengths (2).
const HEADER = 12;

function writeKeys(keys: readonly KnownKey[]): Buffer {
  const parts: Buffer[] = [Buffer.alloc(HEADER)];
  for (const { id, payload, position } of keys) {
    const [one, other] = [Buffer.from(id), Buffer.from(payload)];
    const head = Buffer.allocUnsafe(14);
    head.writeUIntLE(position.offset, 0, 6);
    head.writeUInt32LE(position.tag, 6);
    head.writeUInt16LE(one.length, 10);
    head.writeUInt16LE(other.length, 12);
    parts.push(head, one, other);
  }
  const bytes = Buffer.concat(parts);
  bytes.writeDoubleLE(keys[0]?.since ?? 0, 4);
  bytes.writeUInt32LE(checksum(bytes.subarray(4), 0));
  // A buffer of its own, not a part of a pool: see BufferPool.
  return Buffer.from(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

/** Reads a record of keys; none if it is damaged. */
export function readKeys(bytes: Buffer): KnownKey[] {
  if (bytes.length < HEADER || checksum(bytes.subarray(4), 0) !== bytes.readUInt32LE(0)) return [];
  const since = bytes.readDoubleLE(4);
  const keys: KnownKey[] = [];
  for (let at = HEADER; at < bytes.length;) {
    const position = { offset: bytes.readUIntLE(at, 6), tag: bytes.readUInt32LE(at + 6) };
    const middle = at + 14 + bytes.readUInt16LE(at + 10);
    const end = middle + bytes.readUInt16LE(at + 12);
    keys.push({
      id: bytes.toString("utf8", at + 14, middle),
      payload: bytes.toString("utf8", middle, end),
      position,
      since,
    });
    at = end;
  }
  return keys;
}
