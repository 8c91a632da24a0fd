import { readFileSync } from "node:fs";

// The unit of the times in /proc/<pid>/stat (USER_HZ): 100 a second on every platform that Node runs on.
const ticksPerSecond = 100;

/** Processor time that these processes have used so far, user and system, all threads, in seconds (steps of 10 ms). */
export function cpuSeconds(pids: readonly number[]): number {
  let ticks = 0;
  for (const pid of pids) {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field is the name in parentheses, and may have spaces: count from its end, where field 3 begins.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks / ticksPerSecond;
}

/** Resident memory of these processes, in bytes. */
export function residentBytes(pids: readonly number[]): number {
  let kibibytes = 0;
  for (const pid of pids) {
    kibibytes += Number(/^VmRSS:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0);
  }
  return kibibytes * 1024;
}

/**
 * How long the main threads of these processes were ready to run and had to wait for a core, in seconds. Much of it
 * means that something else ran on their core, and that the measurement is spoilt.
 */
export function waitedSeconds(pids: readonly number[]): number {
  let nanoseconds = 0;
  for (const pid of pids) nanoseconds += Number(readFileSync(`/proc/${pid}/schedstat`, "utf8").split(" ")[1]);
  return nanoseconds / 1_000_000_000;
}
