import { openLogForReading } from "@tidings/log-lmdb";
import { formatCursor, type Page, parseCursor, type Position, topicFilter } from "tidings/log";

import { Failure } from "../failure.ts";
import { painter } from "../tail/readable-line.ts";
import { eventLine, gapLine, type Shape } from "./lines.ts";
import { print } from "./print.ts";
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

type ReadableLog = Awaited<ReturnType<typeof openLogForReading>>;

/** A line to print, and where it stands. An event counts towards the limit. */
interface Line {
  readonly position: Position;
  readonly text: string;
  readonly isEvent: boolean;
}

/**
 * Prints events of a log, the oldest first, and where there is more.
 *
 * @throws Failure if there is no log, or the place to begin is not of its history
 */
export async function read(folder: string, settings: ReadSettings): Promise<void> {
  await work("reading", async () => {
    const log = await openLogForReading(folder);
    try {
      await print(textOf(log, settings));
    } finally {
      await log.close();
    }
  });
}

async function* textOf(
  log: ReadableLog,
  { topic, after, limit, json = false }: ReadSettings,
): AsyncGenerator<string, void> {
  const shape: Shape = { json, paint: painter(process.stdout) };
  // Not what hubs have written for themselves, unless it is asked for.
  const filter = topicFilter(topic.length === 0 ? ["**"] : topic);
  const { head, evictedThrough } = await log.ends();
  let position = (after === undefined ? undefined : parseCursor(after)) ?? evictedThrough;
  let left = limit;
  for (;;) {
    const page = await log.read(position, filter, PAGE);
    if (page.reset) throw new Failure(notOfThisHistory(position, page.oldest));
    for (const line of linesOf(page, position, filter.matches.bind(filter), shape)) {
      yield `${line.text}\n`;
      position = line.position;
      if (line.isEvent) left -= 1;
      if (left > 0) continue;
      if (position.offset < head.offset) process.stderr.write(`There may be more: --after ${formatCursor(position)}\n`);
      return;
    }
    position = page.through;
    if (position.offset >= head.offset) return;
  }
}

/** What a page is as lines, in the order of the log. */
function linesOf(page: Page, after: Position, wants: (topics: readonly string[]) => boolean, shape: Shape): Line[] {
  const { evictedThrough, corrupt, entries } = page;
  const { epoch } = evictedThrough;
  const missed = after.offset < evictedThrough.offset ? [{ after, through: evictedThrough }] : [];
  const lines: Line[] = [
    ...missed.map((range) => ({ position: range.through, text: gapLine("evicted", range, shape), isEvent: false })),
    ...corrupt.map((range) => ({ position: range.through, text: gapLine("corrupt", range, shape), isEvent: false })),
  ];
  for (const entry of entries) {
    if (!wants(entry.topics)) continue;
    const position = { epoch, offset: entry.offset, tag: entry.tag };
    lines.push({ position, text: eventLine(entry, position, shape), isEvent: true });
  }
  return lines.toSorted((one, other) => one.position.offset - other.position.offset);
}

function notOfThisHistory(position: Position, oldest: Position): string {
  return (
    `${formatCursor(position)} is not of this log's history: it is another log's, or this one was restored or emptied. ` +
    `The oldest event comes after ${formatCursor(oldest)}; without --after it begins there.`
  );
}
