import { readdir, stat } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { isSocketName, removeSocket } from "./socket-path.ts";

/** Milliseconds in which a process that listens has claimed the log, or has given up on it. */
const SETTLED = 60_000;

/**
 * Removes the sockets that nobody listens on: that of the one who appended before, and those that others have left
 * in the folder. One that is new and refuses may be about to listen.
 */
export async function removeStaleSockets(folder: string, before: string | undefined): Promise<void> {
  if (before !== undefined && (await refuses(before))) removeSocket(before);
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    if (isSocketName(name) && (await isOld(path)) && (await refuses(path))) removeSocket(path);
  }
}

async function isOld(path: string): Promise<boolean> {
  try {
    return Date.now() - (await stat(path)).mtimeMs > SETTLED;
  } catch {
    return false;
  }
}

/** Whether there is a socket, and nobody behind it. A process that was stopped does not refuse. */
function refuses(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.once("connect", () => {
      socket.destroy();
      resolve(false);
    });
    socket.once("error", (error) => resolve("code" in error && error.code === "ECONNREFUSED"));
  });
}
