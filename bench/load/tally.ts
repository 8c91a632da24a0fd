import { createHistogram, type RecordableHistogram } from "node:perf_hooks";

/** What all connections of the load generator count together. */
export interface Tally {
  /** Events received. */
  deliveries: number;
  /** Bytes received, framing included. */
  bytes: number;
  /** Frames that are not events: opening frames, heartbeats, comments. */
  otherFrames: number;
  /** Events that a connection never got, though it got a later one. */
  lost: number;
  /** Events that a connection got twice, or after a later one. */
  outOfOrder: number;
  /** Connections that ended before the load generator closed them. */
  closedEarly: number;
  /** Microseconds from publish to receive, of one delivery in {@link sampleEvery}. */
  readonly latency: RecordableHistogram;
}

/** One delivery in how many has its latency taken. */
export const sampleEvery = 50;

/** A tally in which nothing has been counted. */
export function createTally(): Tally {
  return {
    deliveries: 0,
    bytes: 0,
    otherFrames: 0,
    lost: 0,
    outOfOrder: 0,
    closedEarly: 0,
    latency: createHistogram({ lowest: 1, highest: 600_000_000, figures: 3 }),
  };
}
