import { readFileSync } from "node:fs";

/** What some processes have used so far, in seconds. */
export interface Usage {
  /** Processor time, user and system, of all threads (in steps of 10 ms). */
  readonly cpu: number;
  /**
   * How long their main threads were ready to run and had to wait for a core. Much of it means that something else ran on
   * their core, and that the measurement is spoilt.
   */
  readonly waited: number;
}

// The unit of the times in /proc/<pid>/stat (USER_HZ): 100 a second on every platform that Node runs on.
const ticksPerSecond = 100;

/** Reads what these processes have used so far. */
export function usageOf(pids: readonly number[]): Usage {
  let ticks = 0;
  let waitedNanos = 0;
  for (const pid of pids) {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field is the name in parentheses, and may have spaces: count from its end, where field 3 begins.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    ticks += Number(fields[11]) + Number(fields[12]);
    waitedNanos += Number(readFileSync(`/proc/${pid}/schedstat`, "utf8").split(" ")[1]);
  }
  return { cpu: ticks / ticksPerSecond, waited: waitedNanos / 1_000_000_000 };
}

/** What was used between two looks. */
export function usedBetween(before: Usage, after: Usage): Usage {
  return { cpu: after.cpu - before.cpu, waited: after.waited - before.waited };
}

/** Resident memory of these processes, in bytes. */
export function residentBytes(pids: readonly number[]): number {
  let kibibytes = 0;
  for (const pid of pids) {
    kibibytes += Number(/^VmRSS:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0);
  }
  return kibibytes * 1024;
}
