import type { Chance } from "../../chance.ts";

/** What a disk writes whole or not at all, in bytes. */
const SECTOR = 512;
/** The journal of `journal.c`: two bounds, then records of a kind, an offset, a length and bytes. */
const BOUNDS = 16;
const RECORD = 24;
const TRUNCATED = 2;
const DURABLE = 3;
const DROPPED = 4;

/** What became of what was not synced. */
export interface Unsynced {
  /** Bytes that no sync had covered. */
  readonly bytes: number;
  /** Of these, in sectors that the disk had written all the same. */
  readonly kept: number;
}

/**
 * What a file is after the power came back: what was synced, and of the rest what the disk happened to have written, in
 * any order, a sector whole or not at all. A sector holds what memory had of it at one moment.
 *
 * @param chance decides which sectors; without it nothing was written that was not synced
 */
export function survivor(
  image: Buffer,
  journal: Buffer,
  chance: Chance | undefined,
): { readonly bytes: Buffer; readonly unsynced: Unsynced } {
  const written = [...records(journal)];
  const most = Math.max(image.length, ...written.map(({ offset, data }) => offset + data.length));
  // The file as the system's memory has it, and as the disk has it.
  const [memory, disk] = [new Content(image, most), new Content(image, most)];
  let [bytes, kept] = [0, 0];
  // Some disks had much of it, some nothing.
  const share = chance?.pick([0, 0.05, 0.5, 0.95, 1]) ?? 0;
  for (const { kind, offset, data } of written) {
    if (kind === TRUNCATED) {
      memory.cut(offset);
      if (chance?.happens(share) === true) disk.cut(offset);
      continue;
    }
    const end = offset + data.length;
    memory.put(offset, data);
    if (kind !== DURABLE) bytes += data.length;
    for (let sector = offset - (offset % SECTOR); sector < end; sector += SECTOR) {
      if (kind !== DURABLE && (kind === DROPPED || chance?.happens(share) !== true)) continue;
      const part = memory.bytes.subarray(sector, Math.min(sector + SECTOR, memory.length));
      disk.put(sector, part, Math.min(end, sector + part.length));
      if (kind !== DURABLE) kept += Math.min(end, sector + part.length) - Math.max(offset, sector);
    }
  }
  // The length may be on the disk before what the file holds there.
  if (chance?.happens(share) === true) disk.length = Math.max(disk.length, memory.length);
  return { bytes: disk.bytes.subarray(0, disk.length), unsynced: { bytes, kept } };
}

class Content {
  readonly bytes: Buffer;
  length: number;

  constructor(image: Buffer, most: number) {
    this.bytes = Buffer.alloc(most);
    image.copy(this.bytes);
    this.length = image.length;
  }

  /** @param end what the length is then, at least */
  put(offset: number, data: Buffer, end = offset + data.length): void {
    data.copy(this.bytes, offset);
    this.length = Math.max(this.length, end);
  }

  cut(length: number): void {
    this.bytes.fill(0, Math.min(length, this.length));
    this.length = length;
  }
}

interface Written {
  readonly kind: number;
  readonly offset: number;
  readonly data: Buffer;
}

function* records(journal: Buffer): Generator<Written, void> {
  if (journal.length < BOUNDS) return;
  const end = Number(journal.readBigUInt64LE(8));
  for (let at = Number(journal.readBigUInt64LE(0)); at < end;) {
    const kind = Number(journal.readBigUInt64LE(at));
    const offset = Number(journal.readBigUInt64LE(at + 8));
    const length = Number(journal.readBigUInt64LE(at + 16));
    at += RECORD;
    const data = journal.subarray(at, at + (kind === TRUNCATED ? 0 : length));
    yield { kind, offset, data };
    at += data.length;
  }
}
