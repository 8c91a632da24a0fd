import { statSync } from "node:fs";
import type { Position } from "tidings/log";
import { TOPICS, topicKey, topicOf } from "../store/keys.ts";
import type { View } from "../store/view.ts";
import { readMarks } from "./in-use.ts";
import { dataFile, openLogFiles } from "./open-log.ts";

/** What there is to say about a log. */
export interface LogInfo {
  /** Of the layout. */
  readonly version: number;
  readonly epoch: string;
  readonly head: Position;
  /** The newest entry that is gone. */
  readonly evictedThrough: Position;
  readonly events: number;
  /** Of entries as they are stored. */
  readonly bytes: number;
  readonly fileBytes: number;
  /** Topics with an event within retention, about: those whose last one has just gone may still be counted. */
  readonly topics: number;
  /** When the oldest entry was published, in milliseconds since 1970. */
  readonly oldestTime: number | undefined;
  readonly newestTime: number | undefined;
  /** Whether a process has it open. */
  readonly inUse: boolean;
}

/**
 * Looks at a log, whoever else has it open.
 *
 * @throws LogError `no-log`, `log-damaged`
 */
export async function logInfo(path: string): Promise<LogInfo> {
  const { environment, identity, view } = await openLogFiles(path);
  try {
    const { floor, head } = view.state;
    return {
      version: identity.format,
      epoch: identity.epoch,
      head: view.head,
      evictedThrough: view.floor,
      events: head.offset - floor.offset,
      bytes: head.total - floor.total,
      fileBytes: statSync(dataFile(path)).size,
      topics: countTopics(view),
      oldestTime: timeAt(view, floor.offset + 1),
      newestTime: timeAt(view, head.offset),
      inUse: readMarks(path).live.length > 0,
    };
  } finally {
    await environment.close();
  }
}

function timeAt(view: View, offset: number): number | undefined {
  const { floor, head } = view.state;
  const found = offset > floor.offset && offset <= head.offset ? view.locate(offset) : undefined;
  return found === undefined || "hole" in found ? undefined : found.entryAt(offset)?.time;
}

function countTopics({ environment, tail }: View): number {
  let count = 0;
  for (const [topic] of tail.lists) if (topic !== "") count++;
  for (let { start } = TOPICS; ;) {
    const key = environment.firstKey({ start, end: TOPICS.end });
    if (key === undefined) return count;
    const topic = topicOf(key);
    if (topic !== "" && tail.newest(topic) === undefined) count++;
    start = topicKey(topic, 2 ** 48 - 1);
  }
}
