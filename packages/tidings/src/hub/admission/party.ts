/** Whom a stream or a publish is counted for. What is not said is not counted. */
export interface Party {
  /**
   * The client's address. IPv6 counts by its first 64 bits, which one household or one host has to itself, and an IPv4
   * address in IPv6 clothes as IPv4. Anything else counts as the text that it is.
   */
  readonly address?: string | undefined;
  /** Who the client is, by the embedder's own authentication. */
  readonly principal?: string | undefined;
}
