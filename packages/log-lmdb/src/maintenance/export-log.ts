import type { PageLimit, Range } from "tidings/log";
import { KEPT_EVENTS, topicOf } from "../store/keys.ts";
import { readKept } from "../store/kept-event.ts";
import { readAll } from "../store/page.ts";
import type { View } from "../store/view.ts";
import { lineOf, type LogLine } from "./log-lines.ts";
import { openLogFiles } from "./open-log.ts";
import type { Working } from "./working.ts";

const PAGE: PageLimit = { entries: 1_000, bytes: 1024 * 1024 };

/**
 * Everything in a log, a JSON-able line each: a header, the kept events of quiet topics, the entries, and in their
 * place the ranges that cannot be read. Through the head that it had at the beginning; a log that is open goes on.
 *
 * @throws LogError `no-log`, `log-damaged`
 */
export async function* exportLog(path: string, { onProgress, signal }: Working = {}): AsyncGenerator<LogLine, void> {
  const { environment, identity, view } = await openLogFiles(path);
  try {
    const { head, floor: evictedThrough } = view;
    const total = head.offset - evictedThrough.offset;
    yield { log: "tidings", version: 1, epoch: identity.epoch, head, evictedThrough };
    for (const { key, value } of environment.all(KEPT_EVENTS)) {
      const kept = readKept(value, value.length);
      if (kept !== undefined) yield lineOf(kept, topicOf(key));
    }
    for (let after = evictedThrough.offset; after < head.offset;) {
      signal?.throwIfAborted();
      view.refresh();
      if (view.floor.offset > after) {
        const through = Math.min(view.floor.offset, head.offset);
        yield { evicted: rangeOf(view, after + 1, through) };
        after = through;
        continue;
      }
      const { entries, through } = readAll(view, after, PAGE);
      let next = after + 1;
      const lines: LogLine[] = [];
      for (const entry of entries) {
        if (entry.offset > head.offset) break;
        if (entry.offset > next) lines.push({ corrupt: rangeOf(view, next, entry.offset - 1) });
        lines.push(lineOf(entry));
        next = entry.offset + 1;
      }
      const end = Math.min(through, head.offset);
      if (next <= end) lines.push({ corrupt: rangeOf(view, next, end) });
      yield* lines;
      after = through;
      onProgress?.({ events: Math.min(after, head.offset) - evictedThrough.offset, total });
    }
  } finally {
    await environment.close();
  }
}

function rangeOf(view: View, first: number, last: number): Range {
  return { after: view.at(first - 1), through: view.at(last) };
}
