import type { TopicFilter } from "../topic-filter.ts";

/** A place in a log's history: just after the entry with this offset. Offset 0, tag 0 is before the first entry. */
export interface Position {
  /** The history that the offset belongs to. A log that lost its entries starts another one. */
  readonly epoch: string;
  readonly offset: number;
  /** The random tag of the entry at this offset: tells a history from one that was rewound and written again. */
  readonly tag: number;
}

/** Whether one position is at another or beyond it, in one history. */
export function isThrough(position: Position, other: Position): boolean {
  return position.epoch === other.epoch && position.offset >= other.offset;
}

/** To whom an event goes beyond the subscription: principals with one of the roles, or one of the users. */
export interface Audience {
  readonly roles?: readonly string[];
  readonly users?: readonly string[];
}

/** An idempotency key: a hash of the key with its scope, and a hash of what was published under it. */
export interface IdempotencyKey {
  readonly id: string;
  readonly payload: string;
}

/** An event that is ready to be appended: every field was validated. */
export interface Draft {
  readonly topics: readonly string[];
  /** The event's name, or `undefined` for `message`. */
  readonly event: string | undefined;
  readonly data: string;
  readonly key: IdempotencyKey | undefined;
  /** Not deliverable through an anonymous grant. */
  readonly private: boolean;
  readonly audience: Audience | undefined;
}

/** What a log holds for each event. `version` says how to read it: a reader refuses one that it does not know. */
export interface Entry extends Draft {
  readonly version: 1;
  readonly offset: number;
  readonly tag: number;
  /** When it was appended, in milliseconds since 1970, UTC. */
  readonly time: number;
}

/** What an acknowledged append survives: nothing, the process, the machine, the loss of a machine. */
export type Durability = "memory" | "commit" | "fsync" | "replicated";

/** How many characters an event has in all: what its bounds in memory and on the wire go by, with a share of its own. */
export function textLength({ data, topics, event }: Draft): number {
  let length = data.length + (event?.length ?? 0);
  for (const topic of topics) length += topic.length;
  return length;
}

/** The answer for one draft: where it is in the log. `duplicate`: it was there already, under the same key. */
export interface Appended {
  readonly position: Position;
  readonly duplicate: boolean;
}

/** A range of the log, from just after one position through another. */
export interface Range {
  readonly after: Position;
  readonly through: Position;
}

/** What was found after a position. */
export interface Page {
  readonly reset?: undefined;
  /** In order of offset; all that the filter asks for in the range, perhaps more. */
  readonly entries: readonly Entry[];
  /** How far the page has looked. Equal to the log's head when there is no more. */
  readonly through: Position;
  /** The newest entry that is gone, when the page was read. A reader whose position is before it has missed entries. */
  readonly evictedThrough: Position;
  /** Ranges inside the page whose entries could not be read. */
  readonly corrupt: readonly Range[];
}

/** The position asked for is not of this history. `oldest`: just before the oldest entry of the one that is. */
export interface Reset {
  readonly reset: true;
  readonly oldest: Position;
}

/** What a follower is told, in the order in which it happened. */
export type Followed =
  /** Appended entries, without a gap between them. If the first is not next to the last one told, those between are gone. */
  | { readonly reset?: undefined; readonly entries: readonly Entry[] }
  /** The history was lost or rewound: from here on another one, from just after `position`. */
  | { readonly reset: true; readonly position: Position };

/** How much a page may hold. It holds at least one entry if there is one. */
export interface PageLimit {
  readonly entries: number;
  /** Of data, in bytes of UTF-8 or an estimate not below it. */
  readonly bytes: number;
}

/** The ends of a log. */
export interface Ends {
  /** The newest entry, or where the first one will follow. */
  readonly head: Position;
  /** The newest entry that is gone, or offset 0. */
  readonly evictedThrough: Position;
}

/**
 * The log: the only source of truth and the only queue. Publishing is appending; delivering is following.
 *
 * A log
 * - MUST give every entry the offset after the last one's, and a random 32-bit tag that is not 0;
 * - MUST NOT give an offset a second meaning: where entries were lost or rewound, it starts a new epoch, or it can
 *   tell by the tags;
 * - MUST show an entry to readers and followers only when it is as durable as `durability` says;
 * - MUST NOT change an entry, and MUST NOT evict from the middle;
 * - MUST keep each topic's newest event beyond retention for `latest` alone, up to a number of topics; not of those
 *   that begin with `$`, which are the hub's own and very many;
 * - MUST remember the tags of its newest and of its newest evicted entry, so that a log emptied by age is no reset.
 */
export interface Log {
  readonly durability: Durability;

  /**
   * Appends drafts next to each other, in order. MUST be all or nothing but for a crash, where `atomicBatches` tells.
   * A draft whose key is known with the same payload appends nothing and is answered with the first one's position.
   *
   * @throws HubError `conflict` if a key is known with another payload; then nothing was appended
   */
  append(drafts: readonly Draft[]): Promise<readonly Appended[]>;
  /** Whether a crash inside an append leaves all of the batch or nothing. */
  readonly atomicBatches: boolean;

  /**
   * One consistent page of what came after a position.
   *
   * MUST answer `reset` if the position's epoch is not the log's, if it is ahead of the head, or if its tag is not
   * that of the entry at its offset, as far as that tag is still known.
   */
  read(after: Position, filter: TopicFilter, limit: PageLimit): Promise<Page | Reset>;

  /**
   * The newest `n` of each topic that the filter matches, up to a position, in order of offset, each entry once.
   * Where retention took all of a topic's, the kept newest one.
   */
  latest(filter: TopicFilter, n: number, through: Position): Promise<readonly Entry[]>;

  /**
   * Tells what is appended after a position, gap-free, until the signal is aborted.
   * MUST wake by notification. If the position is not of this history it MUST first tell the reset.
   */
  follow(after: Position, signal: AbortSignal): AsyncIterable<Followed>;

  ends(): Promise<Ends>;

  /** Whether an append is expected to succeed now. It may be refused all the same, and without it one may succeed. */
  readonly ready: boolean;

  /** Releases what the log holds open; followers end. Afterwards `append` rejects with `closed`. */
  close(): Promise<void>;
}
