import type { Page, Position } from "../log/log.ts";

/**
 * What a stream whose topics may change takes of a page of the log. The log may be ahead of the tail, and the tail tells
 * of changes: so it goes no further than the tail, and up to the next change alone.
 *
 * @param after where the stream is
 * @param end the next change, or the tail's head
 * @param head the tail's
 * @returns nothing, if the tail has to come first
 */
export function cutPage(found: Page, after: Position, end: Position, head: Position): Page | undefined {
  const { through, evictedThrough } = found;
  // The log has no more.
  if (through.epoch === after.epoch && through.offset === after.offset) return found;
  if (through.epoch !== head.epoch) return undefined;
  if (through.offset <= end.offset) return found;
  const start = Math.max(after.offset, evictedThrough.offset);
  if (start >= head.offset) return undefined;
  // The change is gone with what retention took: it takes effect after the gap, and the page is read anew.
  return start >= end.offset ? found : upTo(found, start, end, head);
}

function upTo(found: Page, start: number, end: Position, head: Position): Page | undefined {
  const corrupt = found.corrupt.filter((range) => range.after.offset < end.offset);
  const last = corrupt.at(-1);
  let through = end;
  if (last !== undefined && last.through.offset > end.offset) {
    // A change in what cannot be read takes effect after it.
    if (last.through.offset <= head.offset) through = last.through;
    else {
      corrupt.pop();
      through = last.after;
    }
  }
  if (through.offset <= start) return undefined;
  return { ...found, entries: found.entries.filter(({ offset }) => offset <= through.offset), corrupt, through };
}
