import { crc32 } from "node:zlib";

/**
 * The checksum of bytes that stand at an offset of the log, with another number that belongs to them. A CRC-32 that
 * begins from both: bytes that were moved to another offset do not pass.
 */
export function checksum(bytes: Uint8Array, offset: number, salt = 0): number {
  return crc32(bytes, (offset ^ Math.floor(offset / 0x1_0000_0000) ^ salt) >>> 0);
}
