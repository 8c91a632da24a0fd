/**
 * What the runtime below can do for the fronts beyond the web's own APIs. Every part is optional: where one is missing,
 * the fronts do without. The entry for Node gives what Node has.
 */
export interface Platform {
  /** For whom it was made, in a word. */
  readonly name: string;
  /** Compresses. Without it no stream is compressed. */
  readonly deflate?: Deflate | undefined;
}

/**
 * Compresses bytes into blocks of raw deflate (RFC 1951). They MUST NOT refer to anything before them, MUST end on a byte
 * with all that was given in them, and none of them is the last one of a stream.
 */
export type Deflate = (bytes: Uint8Array) => Uint8Array;

/** A runtime of which nothing is known. */
export const PLAIN_PLATFORM: Platform = { name: "plain" };
