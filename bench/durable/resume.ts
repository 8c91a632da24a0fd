import { join } from "node:path";

import { startChild } from "../processes/child.ts";
import type { Cursor, LogCalls, Resumed } from "./log-process/main.ts";
import type { DurablePlan } from "./plan.ts";

/** Clients that resume from a log of some length, once. */
export interface ResumeRun {
  /** Events in the log. */
  readonly events: number;
  /** One of so many events is of the topic that is asked for. */
  readonly topics: number;
  readonly resumed: Resumed;
}

/** A log that is filled, for as many runs as are wanted. */
export interface Filled {
  readonly folder: string;
  readonly events: number;
  readonly topics: number;
  readonly cursors: readonly Cursor[];
}

const program = new URL("log-process/main.ts", import.meta.url);
const FILL_MS = 600_000;

/** Fills a log with so many events. */
export async function fillLog(events: number, topics: number, plan: DurablePlan, root: string): Promise<Filled> {
  const folder = join(root, `${events}-${topics}`);
  const child = startChild<LogCalls>({ program, args: [], core: undefined });
  try {
    const how = { folder, events, topics, bytes: plan.resume.bytes };
    return { folder, events, topics, cursors: await child.call("fill", how, FILL_MS) };
  } finally {
    await child.stop();
  }
}

/** Resumes from random places in it, in a process that has just opened it, one after another. */
export async function runResume({ folder, events, topics, cursors }: Filled, plan: DurablePlan): Promise<ResumeRun> {
  const child = startChild<LogCalls>({ program, args: [], core: undefined });
  try {
    const how = { folder, events, cursors, results: plan.resume.results };
    return { events, topics, resumed: await child.call("resume", how, FILL_MS) };
  } finally {
    await child.stop();
  }
}
