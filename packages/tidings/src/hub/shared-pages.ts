import type { Group } from "./group.ts";
import { Queue } from "./log/queue.ts";
import type { Position } from "./log/log.ts";

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
 * that follows is looked up and put together once. Bounded in bytes, the oldest go first.
 */
export class SharedPages {
  readonly #maxBytes: number;
  readonly #pages = new Map<Group, Map<number, SharedPage>>();
  readonly #order = new Queue<{ readonly group: Group; readonly page: SharedPage }>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  find(group: Group, { epoch, offset, tag }: Position): SharedPage | undefined {
    const page = this.#pages.get(group)?.get(offset);
    return page?.after.epoch === epoch && page.after.tag === tag ? page : undefined;
  }

  /** Keeps a page, if there is someone to share it with. */
  keep(group: Group, page: SharedPage): void {
    if (group.members < 2) return;
    let pages = this.#pages.get(group);
    if (pages === undefined) this.#pages.set(group, (pages = new Map<number, SharedPage>()));
    pages.set(page.after.offset, page);
    this.#order.push({ group, page });
    this.#bytes += weight(page);
    while (this.#bytes > this.#maxBytes) this.#dropOldest();
  }

  /** The history is another one. */
  clear(): void {
    this.#pages.clear();
    while (this.#order.shift() !== undefined);
    this.#bytes = 0;
  }

  #dropOldest(): void {
    const oldest = this.#order.shift();
    if (oldest === undefined) return;
    const { group, page } = oldest;
    this.#bytes -= weight(page);
    const pages = this.#pages.get(group);
    if (pages?.get(page.after.offset) === page) pages.delete(page.after.offset);
    if (pages?.size === 0) this.#pages.delete(group);
  }
}

function weight({ bytes }: SharedPage): number {
  return 300 + (bytes?.length ?? 0);
}
