import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { basename } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

import { installationFolders, listFiles } from "./installation.ts";
import type { Publisher } from "./publisher.ts";

/** The long operation: reads and hashes the files of the installation, and says how far it is. One at a time. */
export interface Operation {
  /** Starts it. False if one is running. */
  start(): boolean;
  close(): void;
}

const MAX_FILES = 2_000;
/** Progress is told at most this often, in ms. */
const PROGRESS_EVERY = 200;
/** A rest after each file, in ms: what is worth showing progress for should not take the processor from the hub. */
const REST = 2;

/** Its progress goes to `demo/operation`, its end also to `demo/notifications`. */
export function createOperation(publisher: Publisher, folders: readonly string[] = installationFolders()): Operation {
  const closing = new AbortController();
  let running = false;

  const say = (data: Record<string, unknown>): void => publisher.publish("operation", "operation", data);
  const notify = (type: string, title: string, text: string): void =>
    publisher.publish("notifications", "notification", { type, title, text });

  async function run(): Promise<void> {
    const began = performance.now();
    say({ state: "running", done: 0, total: 0, bytes: 0 });
    const files = await listFiles(folders, MAX_FILES);
    const hash = createHash("sha256");
    let [done, bytes, told] = [0, 0, began];
    for (const file of files) {
      bytes += await addFile(hash, file, closing.signal);
      done += 1;
      if (performance.now() - told >= PROGRESS_EVERY && done < files.length) {
        told = performance.now();
        say({ state: "running", done, total: files.length, bytes, file: basename(file) });
      }
      await pause(REST, undefined, { signal: closing.signal });
    }
    const ms = Math.round(performance.now() - began);
    say({ state: "finished", done, total: files.length, bytes, ms, sha256: hash.digest("hex") });
    const size = `${(bytes / 1_000_000).toFixed(1)} MB`;
    notify("success", "Files checked", `${done.toLocaleString("en")} files, ${size} in ${(ms / 1000).toFixed(1)} s`);
  }

  return {
    start() {
      if (running || closing.signal.aborted) return false;
      running = true;
      run()
        .catch((error: unknown) => {
          if (closing.signal.aborted) return;
          const reason = error instanceof Error ? error.message : String(error);
          say({ state: "failed", reason });
          notify("error", "Checking the files failed", reason);
        })
        .finally(() => {
          running = false;
        });
      return true;
    },
    close: () => closing.abort(),
  };
}

/** Feeds one file to the hash and answers its size. A file that is gone since it was listed counts as empty. */
async function addFile(hash: Hash, file: string, signal: AbortSignal): Promise<number> {
  let size = 0;
  try {
    for await (const chunk of createReadStream(file, { signal }) as AsyncIterable<Buffer>) {
      hash.update(chunk);
      size += chunk.length;
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  return size;
}
