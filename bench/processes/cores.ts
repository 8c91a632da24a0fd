import { accessSync, constants, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Which core the server has to itself, and which the load generator. */
export interface Cores {
  readonly server: number | undefined;
  readonly generator: number | undefined;
}

/** Everyone on all cores, as the system sees fit. */
export const SHARED: Cores = { server: undefined, generator: undefined };

/** Chooses one core for each, if there are two and `taskset` is there to keep them apart; none otherwise. */
export function chooseCores(): Cores {
  const [server, generator] = allowedCores();
  if (server === undefined || generator === undefined || !hasTaskset()) return SHARED;
  return { server, generator };
}

/**
 * The command that runs another one on a single core. Threads of the child (Node's garbage collector has some) stay on
 * that core too, so a server cannot use the generator's.
 */
export function pinned(
  core: number | undefined,
  command: readonly [string, ...string[]],
): readonly [string, ...string[]] {
  return core === undefined ? command : ["taskset", "--cpu-list", String(core), ...command];
}

function hasTaskset(): boolean {
  return (process.env["PATH"] ?? "").split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, "taskset"), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function allowedCores(): number[] {
  const list = /^Cpus_allowed_list:\s*(.*)$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? "0";
  return list.split(",").flatMap((range) => {
    const [first = 0, last = first] = range.split("-").map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}
