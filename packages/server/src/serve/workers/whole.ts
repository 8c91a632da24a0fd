import type { HubStats } from "tidings";

import { reasonOf } from "../../failure.ts";
import type { AskedChange, ChangeOutcome, ChangeRefusal, Report } from "./procedures.ts";
import { remainsOf, sumFigures, sumReports, sumStats, unreadyReport } from "./sum.ts";
import type { Answers, WorkerProcess } from "./worker-process.ts";

/** Of a change that was asked of a worker that did not answer. */
const UNKNOWN: ChangeRefusal = {
  code: "log-failed",
  message: "The worker that may have the stream did not answer; the change may have taken effect",
  retryAfter: undefined,
};
/** Of one that no worker has. */
const NOT_HERE: ChangeRefusal = {
  code: "unknown-stream",
  message: "There is no open stream of this name here",
  retryAfter: undefined,
};

/** Where workers are. */
interface Place {
  readonly number: number;
  readonly worker: WorkerProcess | undefined;
}

/** The hub as a whole: what its supervisor gathers from all workers, for whichever of them was asked. */
export class Whole {
  readonly #places: () => readonly Place[];
  /** Of those that have ended. */
  #remains: Promise<Report | undefined> = Promise.resolve(undefined);

  constructor(places: () => readonly Place[]) {
    this.#places = places;
  }

  get answers(): Answers {
    return {
      stats: () => this.#stats(),
      metrics: () => this.#metrics(),
      trouble: () => this.#trouble(),
      change: (from, asked) => this.#change(from, asked),
      startOperation: () => this.#startOperation(),
    };
  }

  /** Keeps what a worker that has ended had counted. */
  bury({ report }: WorkerProcess): void {
    if (report === undefined) return;
    const remains = remainsOf(report);
    this.#remains = this.#remains.then((before) => (before === undefined ? remains : sumReports([before, remains])));
  }

  async #reports(): Promise<readonly Report[]> {
    const asked = this.#listening().map(async ({ worker }) => {
      const report = await worker.ask("report").catch(() => undefined);
      worker.report = report ?? worker.report;
      // One that hangs is told of with what it said last, and takes no events.
      return { worker, report: report ?? (worker.report && unreadyReport(worker.report)) };
    });
    const told = await Promise.all(asked);
    const remains = await this.#remains;
    // One that has ended meanwhile is among those that remain.
    const reports = [...told.filter(({ worker }) => worker.listening).map(({ report }) => report), remains];
    return reports.filter((report) => report !== undefined);
  }

  async #stats(): Promise<HubStats> {
    const stats = sumStats((await this.#reports()).map((report) => report.stats));
    if (stats === undefined) throw new Error("no worker answers");
    return stats;
  }

  async #metrics(): Promise<string> {
    return sumFigures((await this.#reports()).map(({ figures }) => figures));
  }

  async #trouble(): Promise<string | undefined> {
    const asked = this.#listening().map(async ({ number, worker }) => {
      const trouble = await worker.ask("trouble").catch((error: unknown) => reasonOf(error));
      return trouble === undefined ? [] : [`worker ${number}: ${trouble}`];
    });
    const troubles = (await Promise.all(asked)).flat();
    return troubles.length === 0 ? undefined : troubles.join("; ");
  }

  async #change(from: WorkerProcess, asked: AskedChange): Promise<ChangeOutcome> {
    const others = this.#listening().filter(({ worker }) => worker !== from);
    let otherwise = NOT_HERE;
    const outcomes = others.map(async ({ worker }) => {
      const outcome = await worker.ask("change", asked).catch(() => undefined);
      // One that has ended has no streams any more.
      if (outcome === undefined && worker.listening) otherwise = UNKNOWN;
      if (outcome === undefined || ("code" in outcome && outcome.code === NOT_HERE.code))
        throw new Error(otherwise.code);
      return outcome;
    });
    // All at once: one that hangs keeps nobody from the one that has the stream.
    return Promise.any(outcomes).catch(() => otherwise);
  }

  async #startOperation(): Promise<boolean> {
    const [first] = this.#places();
    return (await first?.worker?.ask("startOperation")) ?? false;
  }

  #listening(): readonly { readonly number: number; readonly worker: WorkerProcess }[] {
    return this.#places().flatMap(({ number, worker }) => (worker?.listening === true ? [{ number, worker }] : []));
  }
}
