import { checkRecords, type Verdict } from "../checker/check.ts";
import type { LogRecord } from "../logs/record.ts";
import type { Engine } from "./engine.ts";
import { simulate } from "./run.ts";

/** What many runs came to, to see that they reach what they are for. */
export interface Totals {
  runs: number;
  acknowledged: number;
  duplicates: number;
  delivered: number;
  snapshots: number;
  resets: number;
  evicted: number;
  skipped: number;
  changes: number;
}

/** One run after another, each checked when it is over. */
export class Campaign {
  readonly totals: Totals = {
    runs: 0,
    acknowledged: 0,
    duplicates: 0,
    delivered: 0,
    snapshots: 0,
    resets: 0,
    evicted: 0,
    skipped: 0,
    changes: 0,
  };
  readonly #engine: Engine;
  /** Of the last run. */
  records: LogRecord[] = [];

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** Runs so many seeds, up to the first in which something is violated: its verdict. */
  async run(seed: number, runs: number): Promise<Verdict | undefined> {
    // A promise that nobody waits for is a run's own failure, and not the end of all of them.
    const strays: unknown[] = [];
    const stray = (error: unknown): void => void strays.push(error);
    process.on("unhandledRejection", stray);
    try {
      for (let next = seed; next < seed + runs; next++) {
        this.records = await simulate(this.#engine, next);
        await new Promise((resolve) => setImmediate(resolve));
        for (const error of strays)
          this.records.push({ kind: "error", at: 0, what: `Nobody heard of: ${String(error)}` });
        const verdict = checkRecords(this.records);
        this.#count(verdict);
        if (verdict.violations.length > 0) return verdict;
      }
      return undefined;
    } finally {
      process.off("unhandledRejection", stray);
    }
  }

  #count({ published, received }: Verdict): void {
    const { totals } = this;
    totals.runs++;
    totals.acknowledged += published.acknowledged;
    totals.duplicates += published.duplicates;
    totals.delivered += received.delivered;
    totals.snapshots += received.snapshots;
    totals.resets += received.resets;
    totals.changes += received.changes;
    totals.evicted += received.gaps["evicted"] ?? 0;
    totals.skipped += received.gaps["skipped"] ?? 0;
  }
}
