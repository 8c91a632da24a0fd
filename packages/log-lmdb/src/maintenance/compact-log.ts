import { rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { inChild } from "./in-child.ts";
import { takeAlone } from "./in-use.ts";
import { LogError } from "./log-error.ts";
import { dataFile } from "./open-log.ts";
import { putInPlace } from "./put-in-place.ts";
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
 * The log is copied, the copy verified, and put in its place. No one may have it open, and no one can open it
 * meanwhile: what he appended would be lost.
 *
 * @throws LogError `no-log`, `log-in-use`, `log-damaged`
 */
export async function compactLog(path: string, { onProgress, signal }: Working = {}): Promise<Compacted> {
  const file = dataFile(path);
  const there = await stat(file).catch(() => undefined);
  if (there === undefined) throw new LogError("no-log", `There is no log in ${path}`);
  const letGo = takeAlone(path);
  const copy = join(path, "compacting");
  const looking = setInterval(() => {
    void stat(dataFile(copy)).then(
      ({ size }) => onProgress?.({ events: size, total: there.size }),
      () => undefined,
    );
  }, LOOK_AGAIN);
  try {
    await rm(copy, { recursive: true, force: true });
    await inChild("copy", path, { signal }, copy);
    const { corrupt, problems } = await inChild("verify", copy, { signal });
    const original = corrupt.length + problems.length === 0 ? undefined : await inChild("verify", path, { signal });
    if (original !== undefined && problems.length > original.problems.length) {
      throw new LogError("log-damaged", `The copy is not what the log is: ${problems.join("; ")}`);
    }
    await putInPlace(copy, path);
    return { before: there.size, after: (await stat(file)).size };
  } finally {
    clearInterval(looking);
    await rm(copy, { recursive: true, force: true });
    letGo();
  }
}
