/** Something that a log told the program that wrote to it: what it acknowledged, or what it let a follower see. */
export interface Told {
  readonly how: "acknowledged" | "followed";
  readonly epoch: string;
  readonly offset: number;
  readonly tag: number;
  readonly data: string;
  /** Of an acknowledged one that had it. */
  readonly key?: string | undefined;
}

/** What a log has, read after the power cut by a process of its own: damage may well end that one. */
export interface Found {
  readonly epoch: string;
  readonly evicted: number;
  readonly head: number;
  /** Offset, tag and data. */
  readonly entries: readonly (readonly [number, number, string])[];
  /** Ranges that it confessed to be corrupt. */
  readonly corrupt: number;
  /** What `verify` says, a line each. */
  readonly problems: readonly string[];
  /** Keys that were published again: whether it was taken for a duplicate, and where it is said to be. */
  readonly again: readonly { readonly key: string; readonly duplicate: boolean; readonly offset: number }[];
  /** Where the next event was appended. */
  readonly next: number;
}
