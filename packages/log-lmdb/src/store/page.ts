import type { Entry, Page, PageLimit, Position, Range, Reset, TopicFilter } from "tidings/log";
import type { Block } from "./block.ts";
import type { Hole } from "./locate.ts";
import { merge } from "./merge.ts";
import { offsetsAfter } from "./topic-offsets.ts";
import { DAMAGED } from "./topic-tail.ts";
import type { View } from "./view.ts";

/** What a page may cost that looks at one entry after another, in comparisons of a topic with a pattern. */
const SCAN_COST = 4_096;
/** And in bytes. */
const SCAN_BYTES = 4 * 1024 * 1024;
/** How many offsets are looked up before their entries are read. */
const LOOKED_UP = 128;

/** What a page takes from one place: an entry, or a damaged range; whether it takes no more. */
type Take = (found: Block | Hole, offset: number) => boolean;

/** Reads one page of what came after a position; see `Log.read`. The view was just refreshed. */
export function readPage(view: View, after: Position, filter: TopicFilter, limit: PageLimit): Page | Reset {
  const evictedThrough = view.floor;
  if (!view.knows(after)) return { reset: true, oldest: evictedThrough };
  const start = Math.max(after.offset, evictedThrough.offset);
  const builder = new PageBuilder(limit);
  const take: Take = (found, offset) => builder.take(found, offset);
  const through = filter.patterns.length > 0 ? scan(view, filter, start, take) : lookUp(view, filter, start, take);
  return {
    entries: builder.entries,
    through: builder.positionAt(through, view),
    evictedThrough,
    corrupt: builder.corrupt(view),
  };
}

/** All entries after an offset, with damaged ones left out, up to about so many bytes. Answers how far it has looked. */
export function readAll(view: View, after: number, limit: PageLimit): { entries: Entry[]; through: number } {
  const builder = new PageBuilder(limit);
  const { head } = view.state;
  let found: Block | Hole | undefined;
  let offset = after;
  for (let full = false; offset < head.offset && !full;) {
    offset++;
    if (found === undefined || offset > found.last) found = view.locate(offset);
    full = builder.take(found, offset);
  }
  return { entries: builder.entries, through: offset };
}

/** Exact topics are looked up, each at its own place. What other topics have costs nothing. */
function lookUp(view: View, filter: TopicFilter, after: number, take: Take): number {
  const { head } = view.state;
  const offsets = merge([...filter.topics, DAMAGED].map((topic) => offsetsAfter(view, topic, after)));
  for (;;) {
    const next: number[] = [];
    // The index is read before the entries: each read of the store writes over the last one's bytes.
    while (next.length < LOOKED_UP) {
      const { done, value } = offsets.next();
      if (done) break;
      next.push(value);
    }
    let found: Block | Hole | undefined;
    for (const offset of next) {
      if (found === undefined || offset > found.last) found = view.locate(offset);
      if (take(found, offset)) return offset;
    }
    if (next.length < LOOKED_UP) return head.offset;
  }
}

/** For patterns one entry after another is looked at, as far as one page may cost. */
function scan(view: View, filter: TopicFilter, after: number, take: Take): number {
  const { head } = view.state;
  let cost = 0;
  let bytes = 0;
  let offset = after;
  let found: Block | Hole | undefined;
  while (offset < head.offset && cost < SCAN_COST && bytes < SCAN_BYTES) {
    offset++;
    if (found === undefined || offset > found.last) found = view.locate(offset);
    const topics = "hole" in found ? undefined : found.topicsAt(offset);
    cost += (topics?.length ?? 1) * filter.cost;
    bytes += "hole" in found ? 0 : found.weightAt(offset);
    if ((topics === undefined || filter.matches(topics)) && take(found, offset)) break;
  }
  return offset;
}

/** The entries of a page, up to its limit. */
class PageBuilder {
  readonly entries: Entry[] = [];
  readonly #limit: PageLimit;
  readonly #damaged: { first: number; last: number }[] = [];
  #bytes = 0;

  constructor(limit: PageLimit) {
    this.#limit = limit;
  }

  /** Takes what is at an offset; whether no more goes in. */
  take(found: Block | Hole, offset: number): boolean {
    const entry = "hole" in found ? undefined : found.entryAt(offset);
    if (entry === undefined || "hole" in found) {
      const last = this.#damaged.at(-1);
      if (last !== undefined && last.last === offset - 1) last.last = offset;
      else this.#damaged.push({ first: offset, last: offset });
      return false;
    }
    this.entries.push(entry);
    // With what it takes to store it: not below the data.
    this.#bytes += found.weightAt(offset);
    return this.entries.length >= this.#limit.entries || this.#bytes >= this.#limit.bytes;
  }

  /** The position just after an offset: that of the last entry costs no look into the log. */
  positionAt(offset: number, view: View): Position {
    const last = this.entries.at(-1);
    return last?.offset === offset ? { epoch: view.epoch, offset, tag: last.tag } : view.at(offset);
  }

  /** What could not be read, as ranges. */
  corrupt(view: View): Range[] {
    return this.#damaged.map(({ first, last }) => ({ after: view.at(first - 1), through: view.at(last) }));
  }
}
