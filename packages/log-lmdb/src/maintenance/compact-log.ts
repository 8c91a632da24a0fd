import { open, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { inChild } from "./in-child.ts";
import { isInUse } from "./in-use.ts";
import { LogError } from "./log-error.ts";
import { dataFile } from "./open-log.ts";
import type { Working } from "./working.ts";

/** How large the log's file was, and is, in bytes. */
export interface Compacted {
  readonly before: number;
  readonly after: number;
}

/** How often to look how far the copy is, in milliseconds. */
const LOOK_AGAIN = 200;

/**
 * Gives the disk what the log's file does not use: retention frees pages inside the file, and never makes it smaller.
 * The log is copied, the copy verified, and put in its place. No one may have it open.
 *
 * @throws LogError `no-log`, `log-in-use`, `log-damaged`
 */
export async function compactLog(path: string, { onProgress, signal }: Working = {}): Promise<Compacted> {
  const file = dataFile(path);
  const before = await stat(file).catch(() => undefined);
  if (before === undefined) throw new LogError("no-log", `There is no log in ${path}`);
  if (isInUse(path)) throw new LogError("log-in-use", `A process has the log in ${path} open; stop it first`);
  const copy = join(path, "compacting");
  await rm(copy, { recursive: true, force: true });
  const looking = setInterval(() => {
    void stat(dataFile(copy)).then(
      ({ size }) => onProgress?.({ events: size, total: before.size }),
      () => undefined,
    );
  }, LOOK_AGAIN);
  try {
    await inChild("copy", path, { signal }, copy);
    const { corrupt, problems } = await inChild("verify", copy, { signal });
    const original = corrupt.length + problems.length === 0 ? undefined : await inChild("verify", path, { signal });
    if (original !== undefined && problems.length > original.problems.length) {
      throw new LogError("log-damaged", `The copy is not what the log is: ${problems.join("; ")}`);
    }
    if (isInUse(path)) throw new LogError("log-in-use", `A process has opened the log in ${path} meanwhile`);
    await sync(dataFile(copy));
    await rename(dataFile(copy), file);
    await sync(dirname(file));
    return { before: before.size, after: (await stat(file)).size };
  } finally {
    clearInterval(looking);
    await rm(copy, { recursive: true, force: true });
  }
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
