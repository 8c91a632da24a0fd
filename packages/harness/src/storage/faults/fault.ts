/** What a fault came to, in the words of those that it met: a line of the table. */
export interface FaultOutcome {
  /** What the publisher got. */
  readonly publisher: string;
  /** What readers got. */
  readonly readers: string;
  /** How it recovered. */
  readonly recovery: string;
}

/** Something that a disk, a clock or another process does to a log. */
export interface StorageFault {
  readonly name: string;
  /** Rejects where what comes of it is not what the contract says. */
  run(): Promise<FaultOutcome>;
}
