import type { IncomingMessage, ServerResponse } from "node:http";

/** The name of the event that every side sends. */
export const eventName = "tick";

/** What a side that runs in Node does inside its server process. */
export interface Handler {
  /** Makes the request a subscriber of the one topic that there is. */
  accept(req: IncomingMessage, res: ServerResponse): void;
  /** Sends an event to all subscribers. */
  publish(sequence: number, data: string): void | Promise<unknown>;
  /** How many subscribers would get an event now. */
  subscribers(): number;
}
