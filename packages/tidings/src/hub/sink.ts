/**
 * Why a stream ended.
 *
 * - `client`: the other side went away.
 * - `aborted`: the `signal` given with the stream was aborted.
 * - `closed`: the hub was closed; the client was told when to come back.
 * - `overtaken`: retention overtook its snapshot twice: the snapshot takes longer than the log remembers.
 * - `failed`: the log or the snapshot threw; the error went to the hub's logger.
 * - `slow`: its sink was full, and its policy is `disconnect`.
 * - `stalled`: nothing drained from its sink for the stall limit.
 * - `over-budget`: the hub's budget for buffered bytes was used up, and it was the furthest behind.
 * - `dead`: the system kept sending again and the other side acknowledged nothing.
 * - `expired`: the longest lifetime of a connection was over; the client was told when to come back.
 * - `shed`: the hub was overloaded, or a limit on connections was reached; the client was told when to come back.
 */
export type CloseReason = (typeof CLOSE_REASONS)[number];

/** Every reason, in a fixed order. */
export const CLOSE_REASONS = [
  "client",
  "aborted",
  "closed",
  "overtaken",
  "failed",
  "slow",
  "stalled",
  "over-budget",
  "dead",
  "expired",
  "shed",
] as const;

/** What a sink tells the subscriber that writes to it. */
export interface SinkListener {
  /** The sink was full and can take more. */
  onDrain(): void;
  /** The sink will take no more, whoever ended it. `reason` if it knows better than that the client left. */
  onClose(reason?: CloseReason): void;
}

/** Bytes that several subscribers are written. */
export interface SharedBytes {
  bytes(): Uint8Array;
  /** How many they are. */
  readonly population: number;
  /** Where a sink that encodes what it is given keeps the result for the others. A hub's sinks know one encoding. */
  encoded: Uint8Array | undefined;
}

/**
 * Where the bytes of one stream go.
 *
 * - `write` MUST accept all of the bytes, in order. `false` means *accepted, and full*: it MUST then call `onDrain`
 *   once when it can take more. After the end, `write` MUST do nothing and answer `false`.
 * - It MUST NOT change, transfer or detach the bytes: they are shared with other subscribers.
 * - It MUST call `onClose` exactly once, whether the peer went away or `end` or `destroy` was called, and call nothing
 *   after it.
 * - Neither callback may be called from inside `write` or `listen`. `onClose` may be called from inside `destroy`.
 */
export interface Sink {
  write(bytes: Uint8Array): boolean;
  /** As `write`, for a sink that would encode what others are written, too. */
  writeShared?(shared: SharedBytes): boolean;
  /**
   * Bytes that were accepted and not yet sent, as far as is known: not handed to the system yet, or held by the system
   * when it was last looked at. Gets less while a slow reader reads.
   */
  readonly bufferedBytes: number;
  /** Says who is told of drain and close. Called once, before the first write. */
  listen(listener: SinkListener): void;
  /** Ends the stream after what was written. */
  end(): void;
  /** Ends the stream now: what is buffered is dropped, a TCP connection is reset. */
  destroy(): void;
}
