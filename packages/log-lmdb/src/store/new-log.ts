import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  renameSync,
} from "node:fs";
import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Runtime } from "tidings/log";
import { Environment } from "./environment.ts";
import { writeIdentity } from "./identity.ts";
import { APPENDER_KEY } from "./keys.ts";

const FILE = "data.mdb";
/** What the folder is called in which a log is made. */
const MAKING = "making.";

/**
 * Makes an empty log where there is none. It is made in a folder of its own, and is on the disk before it has its name:
 * whatever happens meanwhile, there is a whole log then, or none. Several may make one at once: the first wins.
 */
export async function makeLog(path: string, runtime: Pick<Runtime, "random">): Promise<void> {
  const file = join(path, FILE);
  if (!existsSync(file)) {
    mkdirSync(path, { recursive: true });
    const making = mkdtempSync(join(path, MAKING));
    try {
      await makeEmpty(making, runtime);
      give(join(making, FILE), file);
    } catch (error) {
      // Another process was faster, and may have taken away what this one had begun.
      if (!existsSync(file)) throw error;
    }
    for (const folder of [path, dirname(path)]) sync(folder);
  }
  // There is one now: what was begun by others, or before, is for nothing. What cannot be removed now will be later.
  const left = readdirSync(path).filter((name) => name.startsWith(MAKING));
  for (const name of left) await rm(join(path, name), { recursive: true, force: true }).catch(() => undefined);
}

async function makeEmpty(path: string, runtime: Pick<Runtime, "random">): Promise<void> {
  const environment = new Environment({ path, sync: true });
  try {
    const epoch = Array.from({ length: 2 }, () => Math.floor(runtime.random() * 36 ** 5).toString(36)).join("");
    const identity = writeIdentity({ format: 1, epoch, generation: 1, socket: undefined });
    await environment.putIf(APPENDER_KEY, identity, 1, undefined);
  } finally {
    await environment.close();
  }
  sync(join(path, FILE));
}

/** Gives a file its name, if no other one has it. */
function give(made: string, name: string): void {
  try {
    linkSync(made, name);
  } catch {
    // Where a file cannot have two names.
    if (!existsSync(name)) renameSync(made, name);
  }
}

function sync(path: string): void {
  const handle = openSync(path, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
