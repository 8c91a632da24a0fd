/**
 * An event as it came. In most engines a text of more than a dozen characters that is kept keeps in memory the text of the
 * chunk that it came in: who keeps many for long copies them.
 */
export interface ParsedEvent {
  /** Its name; `message` where it had none. */
  readonly event: string;
  readonly data: string;
  /** The last event id as of this event. It persists over events without an `id:`. */
  readonly lastEventId: string;
  /** Its `topic:` lines, in order. */
  readonly topics: readonly string[];
  /** Its `cursor:` line, if it had one. */
  readonly cursor: string | undefined;
}

/** Who is told of what, and how much may come. */
export interface ParserOptions {
  /** Called for every event, in order, from inside `feed`. */
  onEvent(event: ParsedEvent): void;
  /**
   * Called for every valid `retry:` line at once, not with its event: with 0 to 2^31-1 ms, the most that `setTimeout` can
   * wait. More than that becomes that.
   */
  onRetry?: ((ms: number) => void) | undefined;
  /** Called for every comment, without its colon and one space after that. */
  onComment?: ((text: string) => void) | undefined;
  /** The longest line, in bytes as received, without its end. Default 16 MiB. */
  maxLineBytes?: number | undefined;
  /**
   * The largest event, in bytes as received: its lines with their ends, and the comments between them, but neither the
   * comments before it nor its blank line. Default 16 MiB.
   */
  maxEventBytes?: number | undefined;
  /** The last event id of the connection before this one. Default empty. */
  lastEventId?: string | undefined;
}

/** Reads one stream. Each connection needs a parser of its own; only the last event id goes on from one to the next. */
export interface Parser {
  /**
   * Reads the next bytes of the stream, which may be split anywhere. Does not keep them.
   *
   * @throws WireError `line-too-large` or `event-too-large`, once the events before it were handed on; and whatever a
   *   callback throws. Both close the parser, since the rest of the bytes is lost.
   */
  feed(bytes: Uint8Array): void;
  /** What `Last-Event-ID` says on the next connection: the last id that was completed by a blank line. */
  readonly lastEventId: string;
  /** From here on `feed` does nothing. Called inside a callback, it also drops the rest of what is being fed. */
  close(): void;
}
