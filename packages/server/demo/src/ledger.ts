import { numberOf, type Arrival } from "./arrival.ts";

/** What the page has counted. */
export interface Counts {
  readonly received: number;
  readonly replayed: number;
  readonly lost: number;
}

/** Counts what came, and by the publisher's numbers what did not. */
export interface Ledger {
  readonly counts: Counts;
  add(arrival: Arrival): void;
  /** From here on the numbers follow no earlier ones: the hub said so, or it is another one. */
  restart(): void;
}

/** Events that the demo's publisher numbers. What anyone else publishes has no number that means something. */
const NUMBERED = new Set(["metric", "feed", "operation", "notification"]);

/** The number that the demo's publisher gave an event, if it is one of its own. */
export function seqOf({ event, data }: Arrival): number | undefined {
  const seq = NUMBERED.has(event) ? numberOf(data["seq"]) : undefined;
  return seq !== undefined && Number.isSafeInteger(seq) && seq > 0 ? seq : undefined;
}

/** A ledger that begins with the first numbered event. */
export function createLedger(): Ledger {
  let counts: Counts = { received: 0, replayed: 0, lost: 0 };
  /** By the run of the publisher that counts: a log outlives it, and the next one counts from 1 again. */
  let highest = new Map<unknown, number>();
  return {
    get counts() {
      return counts;
    },
    add(arrival) {
      const { manner } = arrival;
      const seq = seqOf(arrival);
      const run = arrival.data["run"];
      const before = highest.get(run);
      // What is from before the page holds only the newest of each topic: its holes are no losses.
      const missing =
        seq === undefined || before === undefined || manner === "before" ? 0 : Math.max(0, seq - before - 1);
      if (seq !== undefined) highest.set(run, Math.max(seq, before ?? 0));
      counts = {
        received: counts.received + 1,
        replayed: counts.replayed + (manner === "replayed" ? 1 : 0),
        lost: counts.lost + missing,
      };
    },
    restart() {
      counts = { received: 0, replayed: 0, lost: 0 };
      highest = new Map();
    },
  };
}
