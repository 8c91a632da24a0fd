import { open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { dataFile } from "./open-log.ts";

/**
 * Puts the file of the log in one folder in the place of another's, whole or not at all. No one may have that one open but
 * to look at it.
 */
export async function putInPlace(from: string, path: string): Promise<void> {
  await sync(dataFile(from));
  await rename(dataFile(from), dataFile(path));
  await sync(path);
  // It speaks of the file before; who still looks at that keeps both.
  await rm(join(path, "lock.mdb"), { force: true });
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
