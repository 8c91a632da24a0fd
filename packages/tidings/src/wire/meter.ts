import { WireError } from "./error.ts";

const LF = 10;
const CR = 13;
const COLON = 58;

/** What was completed in some bytes, at least once. */
export type Ended = "nothing" | "line" | "event";

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
   * Counts bytes, of which is known what was completed in them, whether a line of the event that is under way was, and
   * perhaps behind which byte (or -1) the last event was over.
   */
  count(bytes: Uint8Array, ended: Ended, begun: boolean, behind: number): void;
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

  function count(bytes: Uint8Array, ended: Ended, begun: boolean, behind: number): void {
    const { length } = bytes;
    const lineAt = ended === "nothing" ? 0 : afterLastLine(bytes);
    let at = 0;
    if (ended === "event") {
      at = behind === -1 ? afterLastBlankLine(bytes, lineAt) : behind;
      counts.line = 0;
      counts.event = 0;
    } else if (counts.afterCr && bytes[0] === LF) {
      step(counts, bytes[at++]);
    }
    if (ended !== "nothing" && !begun) {
      // Only comments, which count for nothing before the event's first line.
      at = lineAt;
      counts.line = 0;
    }
    // Up to that line each byte has to be looked at.
    while (at < length && counts.event === 0) step(counts, bytes[at++]);
    if (at === length) return;
    // The event is under way, and no event was completed behind this point: all the rest belongs to it.
    counts.event += length - at;
    counts.line = ended === "nothing" ? counts.line + length - at : length - lineAt;
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

/** Where the line begins that has not ended yet. */
function afterLastLine(bytes: Uint8Array): number {
  let at = bytes.length;
  while (at > 0 && !isLineEnd(bytes[at - 1])) at--;
  return at;
}

/** Where what follows the last blank line begins, in bytes that have completed one, and whose last line begins `from` here. */
function afterLastBlankLine(bytes: Uint8Array, from: number): number {
  for (let at = from - 1; at > 0; at--) {
    if (!isLineEnd(bytes[at])) continue;
    const before = bytes[at] === LF && bytes[at - 1] === CR ? at - 2 : at - 1;
    if (isLineEnd(bytes[before])) return at + 1;
  }
  // The line before was completed by earlier bytes, so the line end that these begin with is a blank line. As one, it
  // counts for nothing, and neither does an LF behind a CR.
  return 0;
}

function isLineEnd(byte: number | undefined): boolean {
  // Nearly every byte is known by one comparison.
  return byte !== undefined && byte <= CR && (byte === LF || byte === CR);
}

function tooLarge(what: "line" | "event", limit: number): WireError {
  return new WireError(`${what}-too-large`, `The stream has a longer ${what} than the ${limit} bytes that are allowed`);
}
