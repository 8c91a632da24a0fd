import type { Entry, Log } from "tidings/log";
import { readPage } from "../store/page.ts";
import { latestEntries } from "../store/latest.ts";
import { openLogFiles } from "./open-log.ts";

/**
 * Opens a log to read it, whoever else has it open: it appends nothing, evicts nothing, and makes nothing.
 *
 * @throws LogError `no-log`, `log-damaged`
 */
export async function openLogForReading(path: string): Promise<Pick<Log, "read" | "latest" | "ends" | "close">> {
  const { environment, view } = await openLogFiles(path);
  return {
    async read(after, filter, limit) {
      view.refresh();
      return readPage(view, after, filter, limit);
    },
    latest: (filter, n, through): Promise<readonly Entry[]> =>
      latestEntries(view, filter, n, through.offset, async () => void view.refresh()),
    async ends() {
      view.refresh();
      return { head: view.head, evictedThrough: view.floor };
    },
    close: () => environment.close(),
  };
}
