/** A row of the table. There is one object, with new values for each row. */
export interface TcpRow {
  /** Bytes not sent yet, or not acknowledged. */
  queued: number;
  /** Which timer runs: see TIMER. */
  timer: number;
  /** How often in a row the oldest of these bytes were sent again, without an acknowledgement in between. */
  retransmits: number;
}

/** What a row's timer waits for. A receiver whose window is closed is probed; nothing is sent to it again. */
export const TIMER = { retransmission: 1, zeroWindowProbe: 4 } as const;

/** Sockets that are about to be, or have been, and hold nothing of ours: SYN_RECV, TIME_WAIT, LISTEN. */
const OTHER_STATES: ReadonlySet<number> = new Set([0x03, 0x06, 0x0a]);

const NEWLINE = 10;
const SPACE = 32;
const COLON = 58;
/** Before the addresses stands the number of the row, and `": "`. */
const MAX_ROW_NUMBER = 16;

/**
 * Reads rows of `/proc/net/tcp` (addresses of 8 digits) or `tcp6` (32). The fields stand at fixed places after the row's
 * number, so a row that is of a port not asked for costs a few comparisons, and no object is made for any but a key for
 * those that are. A line that is no such row is passed over.
 *
 * @param end how many of the bytes count
 * @param ports the local ports to look at
 * @param each told of a row and its key: `LOCAL:PORT REMOTE:PORT`, as it stands there
 * @returns where the last, unfinished line begins
 */
export function readRows(
  bytes: Buffer,
  end: number,
  digits: 8 | 32,
  ports: { has(port: number): boolean },
  each: (key: string, row: TcpRow) => void,
): number {
  const row: TcpRow = { queued: 0, timer: 0, retransmits: 0 };
  let start = 0;
  for (;;) {
    const lineEnd = bytes.indexOf(NEWLINE, start);
    if (lineEnd === -1 || lineEnd >= end) return start;
    const local = addressesAt(bytes, start, lineEnd);
    start = lineEnd + 1;
    if (local === undefined) continue;
    const remote = local + digits + 6;
    const state = remote + digits + 6;
    const timer = state + 21;
    const isRow =
      timer + 12 < lineEnd &&
      bytes[local + digits] === COLON &&
      bytes[remote - 1] === SPACE &&
      bytes[remote + digits] === COLON &&
      bytes[state - 1] === SPACE &&
      bytes[state + 11] === COLON &&
      bytes[timer + 2] === COLON;
    if (!isRow || !ports.has(hex(bytes, local + digits + 1, 4)) || OTHER_STATES.has(hex(bytes, state, 2))) continue;
    // The time until the timer fires has no fixed width.
    const retransmits = bytes.indexOf(SPACE, timer + 3) + 1;
    if (retransmits === 0 || retransmits + 8 > lineEnd) continue;
    row.queued = hex(bytes, state + 3, 8);
    row.timer = hex(bytes, timer, 2);
    row.retransmits = hex(bytes, retransmits, 8);
    each(bytes.toString("latin1", local, state - 1), row);
  }
}

function addressesAt(bytes: Buffer, start: number, end: number): number | undefined {
  const last = Math.min(end, start + MAX_ROW_NUMBER);
  for (let at = start; at < last; at++) if (bytes[at] === COLON) return at + 2;
  return undefined;
}

/** The number that stands there. Its digits are upper case, as the kernel writes them. */
function hex(bytes: Buffer, start: number, length: number): number {
  let value = 0;
  for (let at = start; at < start + length; at++) {
    const code = bytes[at] ?? 0;
    value = value * 16 + (code < 65 ? code - 48 : code - 55);
  }
  return value;
}
