import { randomBytes } from "node:crypto";
import { mkdtempSync, rmdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

// What fits in `sun_path` on every system, its end included: 108 on Linux, 104 on macOS.
const LONGEST = 103;
const NAME = /^appender-[\da-f]{12}\.sock$/;

/** Whether a file in the log's folder is a socket of ours, by its name. */
export function isSocketName(name: string): boolean {
  return NAME.test(name);
}

/**
 * A path for a socket that no one had before: in the log's folder; where that makes it too long for a socket, in a
 * folder of its own among the temporary ones. On Windows a named pipe.
 */
export function newSocketPath(folder: string): string {
  const name = `appender-${randomBytes(6).toString("hex")}.sock`;
  if (process.platform === "win32") return `\\\\.\\pipe\\tidings-${name}`;
  const path = join(folder, name);
  if (Buffer.byteLength(path) <= LONGEST) return path;
  const temporary = Buffer.byteLength(tmpdir()) > 60 ? "/tmp" : tmpdir();
  return join(mkdtempSync(join(temporary, "tidings-")), name);
}

/** Whether a socket has a temporary folder of its own. */
function isTemporary(path: string): boolean {
  return /[/\\]tidings-[^/\\]{6}[/\\]appender-[^/\\]+$/.test(path);
}

/** Removes a socket that nobody listens on any more, and the temporary folder that was made for it. */
export function removeSocket(path: string): void {
  rmSync(path, { force: true });
  if (!isTemporary(path)) return;
  try {
    rmdirSync(dirname(path));
  } catch {
    // Gone already, or somebody put something there, who may keep it.
  }
}
