import { WireError } from "./error.ts";

const LF = 10;
const CR = 13;
const COLON = 58;

/** The first byte that is too much. */
interface Excess {
  readonly at: number;
  readonly error: WireError;
}

/** Counts the bytes of the line and of the event that a stream is in. */
export interface Meter {
  /** Where these bytes go beyond a limit, if they do. Counts nothing. */
  excess(bytes: Uint8Array): Excess | undefined;
  /**
   * Counts bytes, of which is known whether a line was completed in them, whether one of the event that is under way
   * was, and behind which byte the last event was over, or -1.
   */
  count(bytes: Uint8Array, ended: boolean, begun: boolean, behind: number): void;
}

interface Counts {
  /** Bytes of the line so far, without its end. */
  line: number;
  /** Bytes of the event so far, line ends included. 0: its first line has not come, though comments may have. */
  event: number;
  afterCr: boolean;
}

/**
 * A meter for limits in bytes. What it finds does not depend on how the stream is split. It looks at every byte only where
 * a limit is near, and otherwise only at those behind the last line or event that was completed: looking at all would cost
 * more than reading the stream does.
 */
export function createMeter(maxLineBytes: number, maxEventBytes: number): Meter {
  const counts: Counts = { line: 0, event: 0, afterCr: false };

  function excess(bytes: Uint8Array): Excess | undefined {
    if (counts.line + bytes.length <= maxLineBytes && counts.event + bytes.length <= maxEventBytes) return undefined;
    const trial = { ...counts };
    for (let at = 0; at < bytes.length; at++) {
      step(trial, bytes[at]);
      if (trial.line > maxLineBytes) return { at, error: tooLarge("line", maxLineBytes) };
      if (trial.event > maxEventBytes) return { at, error: tooLarge("event", maxEventBytes) };
    }
    return undefined;
  }

  function count(bytes: Uint8Array, ended: boolean, begun: boolean, behind: number): void {
    const { length } = bytes;
    const lineAt = ended ? lineStart(bytes, length) : 0;
    let at = 0;
    if (behind >= 0) {
      at = behind;
      counts.line = 0;
      counts.event = 0;
    } else if (counts.afterCr && bytes[0] === LF) {
      step(counts, bytes[at++]);
    }
    if (ended && !begun) {
      // Only comments, which count for nothing before the event's first line.
      at = lineAt;
      counts.line = 0;
    }
    // Up to that line each byte has to be looked at.
    while (at < length && counts.event === 0) step(counts, bytes[at++]);
    if (at === length) return;
    // The event is under way, and no event was completed behind this point: all the rest belongs to it.
    counts.event += length - at;
    counts.line = ended ? length - lineAt : counts.line + length - at;
    counts.afterCr = bytes[length - 1] === CR;
  }

  return { excess, count };
}

function step(counts: Counts, byte: number | undefined): void {
  if (byte === LF && counts.afterCr) {
    // The second half of a CRLF, which has ended the line already.
    counts.afterCr = false;
    if (counts.event > 0) counts.event++;
    return;
  }
  counts.afterCr = byte === CR;
  if (isLineEnd(byte)) {
    if (counts.line === 0) counts.event = 0;
    else if (counts.event > 0) counts.event++;
    counts.line = 0;
    return;
  }
  if (counts.event > 0 || (counts.line === 0 && byte !== COLON)) counts.event++;
  counts.line++;
}

/** Where the line begins that reaches up to a place. */
function lineStart(bytes: Uint8Array, end: number): number {
  for (let at = end - 1; at >= 0; at--) {
    const byte = Number(bytes[at]);
    // Nearly every byte is known by one comparison.
    if (byte <= CR && isLineEnd(byte)) return at + 1;
  }
  return 0;
}

function isLineEnd(byte: number | undefined): boolean {
  return byte === LF || byte === CR;
}

function tooLarge(what: "line" | "event", limit: number): WireError {
  return new WireError(`${what}-too-large`, `A ${what} has more than ${limit} bytes`);
}
