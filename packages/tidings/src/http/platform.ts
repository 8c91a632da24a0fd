import type { Sink } from "../hub/sink.ts";
import type { NodeRequest, NodeResponse } from "./node-types.ts";

/**
 * What the runtime below can do for the fronts beyond the web's own APIs. Every part is optional: where one is missing,
 * the fronts do without. The entry for Node gives what Node has.
 */
export interface Platform {
  /** For whom it was made, in a word. */
  readonly name: string;
  /**
   * A sink on the bare socket of a stream, taken out of the hands of Node's HTTP: the head is with the socket, and when
   * this returns request and response are over. Nothing, where that cannot be; then nothing was done.
   */
  readonly leanSink?: (req: NodeRequest, res: NodeResponse) => Sink | undefined;
}

/** A runtime of which nothing is known. */
export const PLAIN_PLATFORM: Platform = { name: "plain" };
