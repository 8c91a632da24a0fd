import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { type HttpRun, runHttp } from "./http.ts";
import type { DurablePlan } from "./plan.ts";
import { type Publisher, type PublishRun, runPublish } from "./publish.ts";
import { fillLog, type ResumeRun, runResume } from "./resume.ts";
import { runWorkers, type WorkersRun } from "./workers.ts";

/** The parts, by name. */
export const durableParts = ["publish", "http", "resume", "workers"] as const;

/** One of them. */
export type DurablePart = (typeof durableParts)[number];

/** Everything that was measured of the durable log. */
export interface DurableResults {
  readonly plan: DurablePlan;
  readonly publish: readonly PublishRun[];
  readonly http: readonly HttpRun[];
  readonly resume: readonly ResumeRun[];
  readonly workers: readonly WorkersRun[];
}

const PUBLISHERS: readonly Publisher[] = ["write-loop", "log", "log-keys"];

/**
 * Measures the log on the disk that holds the temporary folder (`TMPDIR` names another one). Sides take turns, every other
 * repetition backwards: a disk that others use changes from second to second.
 */
export async function runDurable(
  plan: DurablePlan,
  parts: readonly DurablePart[],
  progress: (line: string) => void,
): Promise<DurableResults> {
  const root = mkdtempSync(join(tmpdir(), "tidings-durable-"));
  let folders = 0;
  /** Runs something on a folder of its own, which does not stay. */
  const inFolder = async <Run>(run: (folder: string) => Promise<Run>): Promise<Run> => {
    const folder = join(root, String(folders++));
    const result = await run(folder);
    rmSync(folder, { recursive: true, force: true });
    return result;
  };
  const repeated = async <Kind, Run>(part: DurablePart, kinds: readonly Kind[], run: (kind: Kind) => Promise<Run>) => {
    const runs: Run[] = [];
    for (let repetition = 0; parts.includes(part) && repetition < plan.repetitions; repetition++) {
      for (const kind of repetition % 2 === 0 ? kinds : kinds.toReversed()) {
        runs.push(await run(kind));
        progress(`durable ${part}, ${repetition + 1} of ${plan.repetitions}: ${JSON.stringify(runs.at(-1))}`);
      }
    }
    return runs;
  };
  try {
    const load = plan.publish.inFlight.flatMap((inFlight) => PUBLISHERS.map((publisher) => ({ publisher, inFlight })));
    const publish = await repeated("publish", load, ({ publisher, inFlight }) =>
      inFolder((folder) => runPublish(publisher, inFlight, plan, folder)),
    );
    const http = await repeated("http", ["memory", "lmdb"] as const, (log) =>
      inFolder((folder) => runHttp(log, plan, folder)),
    );
    const { few, many, topics, rareTopics } = plan.resume;
    const filled = [];
    for (const [events, among] of [
      [few, topics],
      [many, topics],
      [many, rareTopics],
    ] as const) {
      if (!parts.includes("resume")) break;
      filled.push(await fillLog(events, among, plan, root));
      progress(`durable resume: filled a log with ${events} events of ${among} topics`);
    }
    const resume = await repeated("resume", filled, (log) => runResume(log, plan));
    const workers = await repeated("workers", [1, 2], (count) => inFolder((folder) => runWorkers(count, plan, folder)));
    return { plan, publish, http, resume, workers };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}
