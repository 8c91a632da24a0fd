import { setTimeout as pause } from "node:timers/promises";
import { answerCalls } from "../processes/calls.ts";
import { type Connection, openConnection } from "./connection.ts";
import { createTally } from "./tally.ts";
import { measureWindow, type Window, type WindowRequest } from "./window.ts";

// As many as this are on their way at a time, so that no queue of connections overflows.
const opening = 100;

/** Which streams to open. */
export interface OpenRequest {
  readonly port: number;
  readonly path: string;
  readonly count: number;
}

/** What had arrived, and what had not, at the end of a run. */
export interface Account {
  readonly deliveries: number;
  readonly otherFrames: number;
  /** Events missing between two that came. */
  readonly lost: number;
  /** Events that came twice or late. */
  readonly outOfOrder: number;
  /** Events that were published and had not come when the time to wait for them was over. */
  readonly outstanding: number;
  readonly closedEarly: number;
}

/** What the load generator answers. */
export type LoadCalls = {
  /** Opens more streams. */
  open(request: OpenRequest): Promise<void>;
  measure(request: WindowRequest): Promise<Window>;
  /** Waits until every stream has got `events` events, but not longer than `timeoutMs`, and gives account. */
  account(request: { readonly events: number; readonly timeoutMs: number }): Promise<Account>;
  close(argument: undefined): void;
};

const tally = createTally();
const connections: Connection[] = [];

const calls: LoadCalls = {
  open: async ({ port, path, count }) => {
    for (let left = count; left > 0; left -= opening) {
      const first = connections.length;
      const batch = Array.from({ length: Math.min(left, opening) }, (_, index) =>
        openConnection(first + index, port, path, tally),
      );
      connections.push(...(await Promise.all(batch)));
    }
  },
  measure: (request) => measureWindow(tally, request),
  account: async ({ events, timeoutMs }) => {
    const deadline = performance.now() + timeoutMs;
    const outstanding = (): number =>
      connections.reduce((sum, { reader }) => sum + Math.max(0, events - reader.next), 0);
    while (outstanding() > 0 && performance.now() < deadline) await pause(20);
    const { deliveries, otherFrames, lost, outOfOrder, closedEarly } = tally;
    return { deliveries, otherFrames, lost, outOfOrder, outstanding: outstanding(), closedEarly };
  },
  close: () => {
    for (const connection of connections.splice(0)) connection.close();
  },
};
answerCalls(calls);
