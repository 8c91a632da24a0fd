import { checksum } from "./checksum.ts";

/** Some thousand entries whose places are stored by topic. */
export interface IndexChunk {
  /** The last entry's offset. */
  readonly through: number;
  /** The newest offset of each topic in it. */
  readonly newest: ReadonlyMap<string, number>;
}

const CHECKSUM = 4;

/** The offsets of one topic in a chunk: a checksum, and the distance of each from the one before, in groups of seven bits. */
export function writeOffsets(first: number, offsets: readonly number[]): Buffer {
  const bytes = Buffer.allocUnsafeSlow(CHECKSUM + 5 * offsets.length);
  let end = CHECKSUM;
  let last = first;
  for (const offset of offsets) {
    let distance = offset - last;
    last = offset;
    for (; distance > 127; distance >>>= 7) bytes[end++] = (distance & 127) | 128;
    bytes[end++] = distance;
  }
  bytes.writeUInt32LE(checksum(bytes.subarray(CHECKSUM, end), first));
  return bytes.subarray(0, end);
}

/** Reads the offsets of one topic in a chunk; `undefined` if the record is damaged. */
export function readOffsets(bytes: Buffer, length: number, first: number): number[] | undefined {
  if (length < CHECKSUM || checksum(bytes.subarray(CHECKSUM, length), first) !== bytes.readUInt32LE(0))
    return undefined;
  const offsets: number[] = [];
  let last = first;
  let distance = 0;
  let shift = 0;
  for (let at = CHECKSUM; at < length; at++) {
    const byte = bytes[at] ?? 0;
    distance |= (byte & 127) << shift;
    shift += 7;
    if (byte > 127) continue;
    last += distance;
    offsets.push(last);
    distance = shift = 0;
  }
  return offsets;
}

/** A chunk's own record: a checksum, its last offset (6), and each topic with its length (2) and newest place (4). */
export function writeChunk(first: number, { through, newest }: IndexChunk): Buffer {
  let length = CHECKSUM + 6;
  for (const topic of newest.keys()) length += 6 + Buffer.byteLength(topic);
  const bytes = Buffer.allocUnsafeSlow(length);
  let end = bytes.writeUIntLE(through, CHECKSUM, 6);
  for (const [topic, offset] of newest) {
    const size = bytes.write(topic, end + 6);
    bytes.writeUInt16LE(size, end);
    bytes.writeUInt32LE(offset - first, end + 2);
    end += 6 + size;
  }
  bytes.writeUInt32LE(checksum(bytes.subarray(CHECKSUM), first));
  return bytes;
}

/** Reads a chunk's record; `undefined` if it is damaged. */
export function readChunk(bytes: Buffer, length: number, first: number): IndexChunk | undefined {
  if (length < CHECKSUM + 6) return undefined;
  if (checksum(bytes.subarray(CHECKSUM, length), first) !== bytes.readUInt32LE(0)) return undefined;
  const newest = new Map<string, number>();
  for (let at = CHECKSUM + 6; at < length;) {
    const size = bytes.readUInt16LE(at);
    newest.set(bytes.toString("utf8", at + 6, at + 6 + size), first + bytes.readUInt32LE(at + 2));
    at += 6 + size;
  }
  return { through: bytes.readUIntLE(CHECKSUM, 6), newest };
}
