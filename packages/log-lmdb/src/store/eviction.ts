import { Block } from "./block.ts";
import type { SealedBlock } from "./block-writer.ts";
import type { Changes, Environment } from "./environment.ts";
import { readChunk, type IndexChunk } from "./index-chunk.ts";
import { blockKey, chunkKey, CHUNKS, offsetOf, topicKey, topicRange } from "./keys.ts";
import type { KeptEvents } from "./kept-events.ts";
import type { LeftoverKeys } from "./leftover-keys.ts";
import { locate, type Hole } from "./locate.ts";
import type { Mark, State } from "./state.ts";
import type { Retention } from "./store-settings.ts";
import type { TopicTail } from "./topic-tail.ts";

/** How much one commit may evict beside as many entries as it adds: what expired together does not hold up the others. */
const MOST_EVICTED = 4_096;

/** What retention has to do with. */
export interface EvictionParts {
  readonly environment: Environment;
  readonly limits: Retention;
  readonly tail: TopicTail;
  readonly kept: KeptEvents;
  readonly leftovers: LeftoverKeys;
}

/** What is about to be committed. */
export interface Committing {
  readonly before: State;
  readonly head: Mark;
  /** Blocks that are not in the store yet. */
  readonly blocks: readonly SealedBlock[];
  /** The log's clock. */
  readonly now: number;
}

/** The index chunk that the oldest entries are in. */
interface Front extends IndexChunk {
  readonly first: number;
  /** Which topics have their newest place in the chunk at an offset. */
  readonly topicsAt: ReadonlyMap<number, readonly string[]>;
}

/** Lets go what retention does not keep, entry by entry, in the appender's commits. */
export class Eviction {
  readonly #parts: EvictionParts;
  #front: Front | undefined;
  /** Until when the oldest block is kept, if nothing else lets it go; and through where that is known. */
  #oldest = { through: 0, logTime: 0 };
  #found: Block | Hole | undefined;

  constructor(parts: EvictionParts) {
    this.#parts = parts;
  }

  /** Adds to a commit what has to go. Answers the newest entry that is gone then. */
  run(committing: Committing, changes: Changes): { readonly floor: Mark; readonly more: boolean } {
    const { limits } = this.#parts;
    const { before, head, now } = committing;
    const most = MOST_EVICTED + head.offset - before.head.offset;
    let { floor } = before;
    this.#found = undefined;
    while (floor.offset < head.offset) {
      const isOld = now - this.#oldestTime(floor, committing) > limits.maxAge;
      if (!isOld && !this.#isOver(floor, head)) return { floor, more: false };
      if (floor.offset - before.floor.offset >= most) return { floor, more: true };
      this.#enter(floor.offset + 1, before.indexedThrough);
      floor = this.#evictBlock(floor, isOld, committing, changes) ?? this.#evict(floor, committing, changes);
      if (this.#front !== undefined && floor.offset >= this.#front.through) this.#leave(this.#front, changes);
    }
    return { floor, more: false };
  }

  /** Whether there are too many after an entry, or too large ones. */
  #isOver(floor: Pick<Mark, "offset" | "total">, head: Mark): boolean {
    const { maxEvents, maxBytes } = this.#parts.limits;
    return head.offset - floor.offset > maxEvents || head.total - floor.total > maxBytes;
  }

  /** When the oldest entry was committed. */
  #oldestTime(floor: Mark, committing: Committing): number {
    if (floor.offset >= this.#oldest.through) {
      const found = this.#find(floor.offset + 1, committing);
      // What is not known is as old as can be.
      this.#oldest = { through: found.last, logTime: "hole" in found ? -Infinity : found.logTime };
    }
    return this.#oldest.logTime;
  }

  /** A whole block goes at once, if all of it is due: the index knows where topics have their newest place. */
  #evictBlock(floor: Mark, isOld: boolean, committing: Committing, changes: Changes): Mark | undefined {
    const front = this.#front;
    const found = this.#find(floor.offset + 1, committing);
    if (front === undefined || "hole" in found || found.last > front.through) return undefined;
    const { last } = found;
    const beforeLast = { offset: last - 1, total: found.total - found.weightAt(last) };
    if (!isOld && !this.#isOver(beforeLast, committing.head)) return undefined;
    for (let offset = floor.offset + 1; offset <= last; offset++) {
      const topics = front.topicsAt.get(offset);
      if (topics !== undefined && found.isWhole(offset)) this.#keepNewest(topics, found, offset, changes);
    }
    this.#remove(found, committing, changes);
    return { offset: last, tag: found.tagAt(last), total: found.total };
  }

  /** The next entry goes, or all those of which nothing is known. */
  #evict(floor: Mark, committing: Committing, changes: Changes): Mark {
    const offset = floor.offset + 1;
    const found = this.#find(offset, committing);
    if ("hole" in found) {
      const next = this.#after(found, committing);
      if (found.damaged !== undefined) changes.remove(blockKey(found.damaged));
      return next;
    }
    this.#keepNewest(found.topicsAt(offset) ?? [], found, offset, changes);
    if (offset === found.last) this.#remove(found, committing, changes);
    return { offset, tag: found.tagAt(offset), total: floor.total + found.weightAt(offset) };
  }

  #keepNewest(topics: readonly string[], block: Block, offset: number, changes: Changes): void {
    for (const topic of topics) {
      // The hub's own topics are as many as streams were changed: no one asks for their newest.
      if (topic.startsWith("$") || !this.#isNewest(topic, offset)) continue;
      this.#parts.kept.keep(topic, offset, block.tagAt(offset), block.bytesAt(offset), changes);
    }
  }

  #remove(block: Block, { now }: Committing, changes: Changes): void {
    this.#parts.leftovers.keep(block, now, changes);
    changes.remove(blockKey(block.first));
  }

  /** Just after a hole. What it weighed is seen from what follows. */
  #after({ last }: Hole, committing: Committing): Mark {
    const { head } = committing;
    if (last >= head.offset) return head;
    const next = this.#find(last + 1, committing);
    this.#found = undefined;
    return { offset: last, tag: 0, total: "hole" in next ? head.total : next.total - next.weight };
  }

  #find(offset: number, { before, blocks }: Committing): Block | Hole {
    if (this.#found !== undefined && offset >= this.#found.first && offset <= this.#found.last) return this.#found;
    const { environment } = this.#parts;
    const own = blocks.find(({ first, last }) => offset >= first && offset <= last);
    const block = own === undefined ? undefined : Block.read(own.bytes, own.bytes.length, own.first);
    return (this.#found = block ?? locate(environment, offset, before, true));
  }

  /** Whether a topic has no newer event. */
  #isNewest(topic: string, offset: number): boolean {
    const { tail, environment } = this.#parts;
    const newest = tail.newest(topic);
    if (newest !== undefined) return newest === offset;
    const front = this.#front;
    if (front?.newest.get(topic) !== offset) return false;
    const later = { start: topicKey(topic, front.first + 1), end: topicRange(topic).end };
    return environment.firstKey(later) === undefined;
  }

  /** Finds the index chunk that an offset is in. */
  #enter(offset: number, indexedThrough: number): void {
    if (offset > indexedThrough || (this.#front !== undefined && offset <= this.#front.through)) return;
    const { environment } = this.#parts;
    const key = environment.lastKey(CHUNKS, chunkKey(offset));
    const bytes = key === undefined ? undefined : environment.get(key);
    if (key === undefined || bytes === undefined) return;
    const first = offsetOf(key);
    const chunk = readChunk(bytes, environment.lastSize, first);
    this.#front = chunk === undefined ? undefined : { first, ...chunk, topicsAt: byOffset(chunk.newest) };
  }

  /** All entries of an index chunk are gone. */
  #leave({ first, newest }: Front, changes: Changes): void {
    for (const topic of newest.keys()) changes.remove(topicKey(topic, first));
    changes.remove(chunkKey(first));
    this.#front = undefined;
  }
}

/** Topics by the offset of their newest entry. */
function byOffset(newest: ReadonlyMap<string, number>): Map<number, string[]> {
  const topics = new Map<number, string[]>();
  for (const [topic, offset] of newest) {
    const others = topics.get(offset);
    if (others === undefined) topics.set(offset, [topic]);
    else others.push(topic);
  }
  return topics;
}
