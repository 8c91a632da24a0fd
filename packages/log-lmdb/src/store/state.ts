import { checksum } from "./checksum.ts";

/** A place in the log: just after an entry. */
export interface Mark {
  readonly offset: number;
  /** The entry's tag; 0 before the first, and where it is not known. */
  readonly tag: number;
  /** What all entries ever, through this one, weigh. */
  readonly total: number;
}

/** What each commit writes beside its entries. */
export interface State {
  /** The newest entry that is gone. */
  readonly floor: Mark;
  readonly head: Mark;
  /** The log's clock at the newest commit. */
  readonly logTime: number;
  /** The entries up to here are in the index that is stored. */
  readonly indexedThrough: number;
  /** The first entry of the newest block with idempotency keys; 0 if there is none. */
  readonly keyed: number;
}

const START: Mark = { offset: 0, tag: 0, total: 0 };

/** The state of an empty log. */
export const EMPTY: State = { floor: START, head: START, logTime: 0, indexedThrough: 0, keyed: 0 };

const LENGTH = 9 * 8;

/** The record of a state: nine numbers of eight bytes, and a checksum. */
export function writeState({ floor, head, logTime, indexedThrough, keyed }: State): Buffer {
  const bytes = Buffer.allocUnsafeSlow(LENGTH + 4);
  let end = 0;
  for (const { offset, tag, total } of [floor, head]) {
    for (const number of [offset, tag, total]) end = bytes.writeDoubleLE(number, end);
  }
  for (const number of [logTime, indexedThrough, keyed]) end = bytes.writeDoubleLE(number, end);
  bytes.writeUInt32LE(checksum(bytes.subarray(0, LENGTH), 0), end);
  return bytes;
}

/** Reads a state's record; `undefined` if it is damaged. */
export function readState(bytes: Buffer, length: number): State | undefined {
  if (length !== LENGTH + 4 || checksum(bytes.subarray(0, LENGTH), 0) !== bytes.readUInt32LE(LENGTH)) return undefined;
  const mark = (start: number): Mark => ({
    offset: bytes.readDoubleLE(start),
    tag: bytes.readDoubleLE(start + 8),
    total: bytes.readDoubleLE(start + 16),
  });
  return {
    floor: mark(0),
    head: mark(24),
    logTime: bytes.readDoubleLE(48),
    indexedThrough: bytes.readDoubleLE(56),
    keyed: bytes.readDoubleLE(64),
  };
}
