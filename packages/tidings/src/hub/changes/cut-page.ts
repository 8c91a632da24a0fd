import type { Page, Position } from "../log/log.ts";

/**
 * What a stream takes of a page of the log whose topics change inside it: all up to there.
 *
 * @param after the offset where the stream is, or that of the newest entry that is gone
 * @param end where the topics change
 * @returns nothing, if the log has something else there: its history, or the one that the change is of, is over
 */
export function cutPage(found: Page, after: number, end: Position): Page | undefined {
  const { through } = found;
  // A change among what is gone takes effect after the gap.
  if (through.epoch !== end.epoch || through.offset <= end.offset || end.offset <= after) return found;
  const corrupt = found.corrupt.filter((range) => range.after.offset < end.offset);
  const last = corrupt.at(-1);
  // And so does one in what cannot be read.
  const isCorrupt = last !== undefined && last.through.offset >= end.offset;
  if (!isCorrupt && !found.entries.some(({ offset, tag }) => offset === end.offset && tag === end.tag))
    return undefined;
  const cut = isCorrupt ? last.through : end;
  return { ...found, entries: found.entries.filter(({ offset }) => offset <= cut.offset), corrupt, through: cut };
}
