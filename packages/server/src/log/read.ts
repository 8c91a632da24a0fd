import { openLogForReading } from "@tidings/log-lmdb";
import { type Entry, formatCursor, parseCursor, type Position, type Range, topicFilter } from "tidings/log";
import type { ParsedEvent } from "tidings/wire";

import { Failure } from "../failure.ts";
import { standardOutput } from "../tail/output.ts";
import { confessionLine, dayTime, type Paint, painter, readableLine } from "../tail/readable-line.ts";
import { work } from "./work.ts";

/** What `tidings log read` was told. */
export interface ReadSettings {
  readonly topic: readonly string[];
  readonly after?: string;
  readonly limit: number;
  readonly json?: boolean;
}

/** The most that is read at a time. */
const PAGE = { entries: 500, bytes: 1024 * 1024 };

/**
 * Prints events of a log, the oldest first, and where there is more.
 *
 * @throws Failure if there is no log, or the place to begin is not of its history
 */
export async function read(folder: string, settings: ReadSettings): Promise<void> {
  await work("reading", async () => {
    const log = await openLogForReading(folder);
    try {
      await print(log, settings);
    } finally {
      await log.close();
    }
  });
}

type ReadableLog = Awaited<ReturnType<typeof openLogForReading>>;

async function print(log: ReadableLog, { topic, after, limit, json = false }: ReadSettings): Promise<void> {
  let gone = false;
  const output = standardOutput(() => (gone = true));
  const paint = painter(process.stdout);
  // Not what hubs have written for themselves, unless it is asked for.
  const filter = topicFilter(topic.length === 0 ? ["**"] : topic);
  const asked = after === undefined ? undefined : parseCursor(after);
  let { head, evictedThrough } = await log.ends();
  let position = asked ?? evictedThrough;
  let left = limit;
  while (left > 0 && !gone) {
    const page = await log.read(position, filter, PAGE);
    if (page.reset) throw new Failure(notOfThisHistory(position, page.oldest));
    evictedThrough = page.evictedThrough;
    if (position.offset < evictedThrough.offset) {
      output.writeLine(gapLine("evicted", { after: position, through: evictedThrough }, json, paint));
    }
    const lines = [
      ...page.corrupt.map((range) => ({ offset: range.through.offset, range })),
      ...page.entries.filter(({ topics }) => filter.matches(topics)).map((entry) => ({ offset: entry.offset, entry })),
    ].toSorted((one, other) => one.offset - other.offset);
    for (const line of lines) {
      if ("range" in line) output.writeLine(gapLine("corrupt", line.range, json, paint));
      else {
        output.writeLine(eventLine(line.entry, head.epoch, json, paint));
        left -= 1;
        position = at(line.entry, head.epoch);
        if (left === 0) break;
      }
      await output.ready();
    }
    if (left === 0) break;
    position = page.through;
    if (position.offset >= head.offset) return;
  }
  ({ head } = await log.ends());
  if (!gone && position.offset < head.offset) {
    process.stderr.write(`There may be more: --after ${formatCursor(position)}\n`);
  }
}

function at({ offset, tag }: Entry, epoch: string): Position {
  return { epoch, offset, tag };
}

function eventLine(entry: Entry, epoch: string, json: boolean, paint: Paint): string {
  const id = formatCursor(at(entry, epoch));
  const { topics, event = "message", data } = entry;
  if (json) return JSON.stringify({ id, time: new Date(entry.time).toISOString(), event, topics, data });
  const parsed: ParsedEvent = { event, data, topics, lastEventId: id, cursor: undefined };
  return readableLine(parsed, `${dayTime(new Date(entry.time))}  ${id}`, paint);
}

function gapLine(reason: "evicted" | "corrupt", range: Range, json: boolean, paint: Paint): string {
  const data = { reason, after: formatCursor(range.after), through: formatCursor(range.through) };
  if (json) return JSON.stringify({ event: "tidings:gap", ...data });
  return confessionLine({ event: "tidings:gap", data: JSON.stringify(data) }, paint) ?? "";
}

function notOfThisHistory(position: Position, oldest: Position): string {
  return (
    `${formatCursor(position)} is not of this log's history: it is another log's, or this one was restored or emptied. ` +
    `The oldest event comes after ${formatCursor(oldest)}; without --after it begins there.`
  );
}
