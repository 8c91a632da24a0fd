import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { HubError } from "tidings/log";
import { LogError } from "./log-error.ts";

/** How marks begin: of those who have the log open, and of the one who has it for himself. */
const OPEN = "open.";
const ALONE = "alone.";
/** The marks of logs that this process has open, or for itself. */
const own = new Set<string>();

/** What the marks in a folder say: their files. */
export interface Marks {
  /** Of processes that have the log open, this one included. */
  readonly live: readonly string[];
  /** Of processes that are gone, and did not close the log. */
  readonly dead: readonly string[];
}

/** Who has the log open: each does leave a mark there as long as it has. */
export function readMarks(path: string): Marks {
  return marksOf(path, OPEN);
}

/**
 * Leaves a mark that this process has the log open. Answers how to take it away.
 *
 * @throws HubError `log-failed` if another process has the log for itself
 */
export function mark(path: string): () => void {
  // Each leaves its own mark before it looks for the other's: of two at once, one at least sees the other.
  const mine = leave(path, OPEN);
  const [alone] = marksOf(path, ALONE).live;
  if (alone === undefined) return () => takeAway(mine);
  takeAway(mine);
  throw new HubError(
    "log-failed",
    `The log in ${path} is being compacted or imported by process ${pidOf(alone)}, whose mark is ${alone}; ` +
      "open it when that is done",
  );
}

/**
 * Takes a log for this process alone, to put another file in the place of its own: no one opens it until then. Answers
 * how to let it go.
 *
 * @throws LogError `log-in-use`
 */
export function takeAlone(path: string): () => void {
  clearMarks(marksOf(path, ALONE).dead);
  const mine = leave(path, ALONE);
  const live = [...marksOf(path, OPEN).live, ...marksOf(path, ALONE).live];
  const other = live.find((each) => each !== mine);
  if (other === undefined) return () => takeAway(mine);
  takeAway(mine);
  throw new LogError(
    "log-in-use",
    `Process ${pidOf(other)} has the log in ${path} open; stop it first. Its mark is ${other}`,
  );
}

/** Takes away the marks of processes that are gone. */
export function clearMarks(marks: readonly string[]): void {
  for (const each of marks) rmSync(each, { force: true });
}

function leave(path: string, prefix: string): string {
  mkdirSync(path, { recursive: true });
  const chance = Math.floor(Math.random() * 36 ** 6).toString(36);
  const name = join(path, `${prefix}${process.pid}.${birthOf(process.pid) ?? ""}.${chance}`);
  closeSync(openSync(name, "w", 0o600));
  own.add(name);
  return name;
}

function takeAway(name: string): void {
  own.delete(name);
  rmSync(name, { force: true });
}

function marksOf(path: string, prefix: string): Marks {
  const marks = listed(path)
    .filter((name) => name.startsWith(prefix))
    .map((name) => join(path, name));
  const live = marks.filter(isLive);
  return { live, dead: marks.filter((each) => !live.includes(each)) };
}

function listed(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

function isLive(name: string): boolean {
  const pid = pidOf(name);
  // A process with our own number that we know nothing of was before us: numbers are given again.
  if (pid === process.pid) return own.has(name);
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as { readonly code?: string }).code !== "EPERM") return false;
  }
  const [, birth] = partsOf(name);
  const known = birthOf(pid);
  return known === undefined || birth === known;
}

/** What is in a mark's name: the process, when it was started, and chance. */
function partsOf(name: string): string[] {
  return /(?:open|alone)\.([^/\\]*)$/.exec(name)?.[1]?.split(".") ?? [];
}

function pidOf(name: string): number {
  return Number(partsOf(name)[0]);
}

/** What tells a process from another one to which its number was given later; `undefined` where the system has no /proc. */
function birthOf(pid: number): string | undefined {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "latin1").slice(0, 8);
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // In clock ticks since the boot: the 22nd field. The second is the program's name, which may have anything in it.
    const started = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
    return `${started}-${boot}`;
  } catch {
    return undefined;
  }
}
