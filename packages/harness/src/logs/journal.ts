import { createWriteStream, mkdirSync } from "node:fs";
import { finished } from "node:stream/promises";
import { join } from "node:path";

import type { LogRecord } from "./record.ts";

/** Where records go. */
export type Journal = (record: LogRecord) => void;

/** The file that a record belongs in: who wrote it down. */
function logOf(record: LogRecord): "run" | "publishers" | "subscribers" | "faults" | "log" {
  switch (record.kind) {
    case "run":
    case "error":
    case "stats":
    case "end":
      return "run";
    case "invoke":
    case "answer":
      return "publishers";
    case "connect":
    case "frame":
    case "disconnect":
    case "leave":
    case "change":
    case "changed":
      return "subscribers";
    case "fault":
      return "faults";
    case "history":
    case "appended":
    case "evicted":
    case "entry":
      return "log";
  }
}

/** A journal in a folder: a file of NDJSON for each log. */
export class FileJournal {
  readonly folder: string;
  readonly #files = new Map<string, ReturnType<typeof createWriteStream>>();

  constructor(folder: string) {
    this.folder = folder;
    mkdirSync(folder, { recursive: true });
  }

  readonly write: Journal = (record) => {
    const name = `${logOf(record)}.ndjson`;
    let file = this.#files.get(name);
    if (file === undefined) this.#files.set(name, (file = createWriteStream(join(this.folder, name))));
    file.write(`${JSON.stringify(record)}\n`);
  };

  /** Resolves when all is on disk. */
  async close(): Promise<void> {
    await Promise.all(
      [...this.#files.values()].map((file) => {
        file.end();
        return finished(file);
      }),
    );
  }
}
