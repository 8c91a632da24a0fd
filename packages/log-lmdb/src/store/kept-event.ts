import type { Entry } from "tidings/log";
import { checksum } from "./checksum.ts";
import { readEntry } from "./entry-format.ts";

// The offset (6), the tag (4), a checksum (4), the entry's bytes.
const HEADER = 14;

/** The record of an event that is kept beyond retention. */
export function writeKept(offset: number, tag: number, entry: Buffer): Buffer {
  const bytes = Buffer.allocUnsafeSlow(HEADER + entry.length);
  bytes.writeUIntLE(offset, 0, 6);
  bytes.writeUInt32LE(tag, 6);
  bytes.writeUInt32LE(checksum(entry, offset, tag), 10);
  bytes.set(entry, HEADER);
  return bytes;
}

/** Reads a kept event; `undefined` if its record is damaged. */
export function readKept(bytes: Buffer, length: number): Entry | undefined {
  if (length < HEADER) return undefined;
  const offset = bytes.readUIntLE(0, 6);
  const tag = bytes.readUInt32LE(6);
  if (checksum(bytes.subarray(HEADER, length), offset, tag) !== bytes.readUInt32LE(10)) return undefined;
  return readEntry(bytes, HEADER, length, offset, tag);
}
