import type { Group } from "./group.ts";
import type { Position } from "./log/log.ts";
import { RecentValues } from "./recent-values.ts";

/** What came after a position, for all of a group. */
export interface SharedPage {
  readonly after: Position;
  /** The last position that was looked at. */
  readonly through: Position;
  /** Frames, one after another; none where nothing was wanted. */
  readonly bytes: Uint8Array | undefined;
  /** How many. */
  readonly events: number;
}

/**
 * The pages that were made last. After a cut thousands come back with the same cursor and the same topics: the page
 * that follows is looked up and put together once.
 */
export class SharedPages {
  readonly #pages: RecentValues<string, SharedPage>;

  constructor(maxBytes: number) {
    this.#pages = new RecentValues(maxBytes);
  }

  find(group: Group, after: Position): SharedPage | undefined {
    const page = this.#pages.get(keyOf(group, after));
    return page?.after.epoch === after.epoch && page.after.tag === after.tag ? page : undefined;
  }

  /** Keeps a page, if there is someone to share it with. */
  keep(group: Group, page: SharedPage): void {
    if (group.members > 1) this.#pages.set(keyOf(group, page.after), page, page.bytes?.length ?? 0);
  }

  /** The history is another one. */
  clear(): void {
    this.#pages.clear();
  }
}

function keyOf(group: Group, { offset }: Position): string {
  return `${group.number} ${offset}`;
}
