import { crc32 } from "node:zlib";
import type { Entry } from "tidings/log";

/** A checksum over all entries so far. It is another one if one of them is missing, twice, changed or out of order. */
export function digest(before: number, { offset, tag, data }: Entry): number {
  return crc32(`${offset} ${tag} ${data}`, before);
}
