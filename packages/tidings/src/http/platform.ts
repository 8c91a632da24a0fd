import type { Sink } from "../hub/sink.ts";

/**
 * What the runtime below can do for the fronts beyond the web's own APIs. Every part is optional: where one is missing,
 * the fronts do without. The entry for Node gives what Node has.
 */
export interface Platform {
  /** For whom it was made, in a word. */
  readonly name: string;
  /** Answers a sink that writes gzip to another. Without it no stream is compressed. */
  readonly gzip?: ((sink: Sink) => Sink) | undefined;
}

/** A runtime of which nothing is known. */
export const PLAIN_PLATFORM: Platform = { name: "plain" };
