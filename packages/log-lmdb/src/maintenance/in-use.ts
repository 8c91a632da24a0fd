import { closeSync, mkdirSync, openSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

const PREFIX = "open.";
/** The marks of logs that this process has open. */
const own = new Set<string>();

/** What the marks in a folder say. */
export interface Marks {
  /** Whether a process has the log open, this one included. */
  readonly live: boolean;
  /** Those of processes that are gone, and did not close the log. */
  readonly dead: readonly string[];
}

/** Who has the log open: each does leave a mark there as long as it has. */
export function readMarks(path: string): Marks {
  const marks = listed(path).map((name) => join(path, name));
  const dead = marks.filter((each) => !isLive(each));
  return { live: dead.length < marks.length, dead };
}

/** Whether a process has the log open. */
export function isInUse(path: string): boolean {
  return readMarks(path).live;
}

/** Leaves a mark that this process has the log open. Answers how to take it away. */
export function mark(path: string): () => void {
  mkdirSync(path, { recursive: true });
  const name = join(path, `${PREFIX}${process.pid}.${Math.floor(Math.random() * 36 ** 6).toString(36)}`);
  closeSync(openSync(name, "w", 0o600));
  own.add(name);
  return () => {
    own.delete(name);
    rmSync(name, { force: true });
  };
}

/** Takes away the marks of processes that are gone. */
export function clearMarks(marks: readonly string[]): void {
  for (const each of marks) rmSync(each, { force: true });
}

function listed(path: string): string[] {
  try {
    return readdirSync(path).filter((name) => name.startsWith(PREFIX));
  } catch {
    return [];
  }
}

function isLive(name: string): boolean {
  const pid = Number(name.slice(name.lastIndexOf(PREFIX) + PREFIX.length).split(".")[0]);
  // A process with our own number that we know nothing of was before us: numbers are given again.
  if (pid === process.pid) return own.has(name);
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as { readonly code?: string }).code === "EPERM";
  }
}
