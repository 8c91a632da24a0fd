import type { NodeRequest, NodeResponse, NodeSocket } from "./node-types.ts";

/**
 * What the runtime below can do for the fronts beyond the web's own APIs. Every part is optional: where one is missing,
 * the fronts do without. The entry for Node gives what Node has.
 */
export interface Platform {
  /** For whom it was made, in a word. */
  readonly name: string;
  /**
   * Takes the socket of a stream out of the hands of Node's HTTP, once the head is with the socket, and ends the response:
   * for Node the exchange is over. Answers nothing, and does nothing, where that cannot be.
   */
  readonly takeSocket?: (req: NodeRequest, res: NodeResponse) => NodeSocket | undefined;
}

/** A runtime of which nothing is known. */
export const PLAIN_PLATFORM: Platform = { name: "plain" };
