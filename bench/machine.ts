import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { arch, availableParallelism, cpus, loadavg, release, totalmem, type } from "node:os";
import { promisify } from "node:util";
import type { Cores } from "./processes/cores.ts";

const run = promisify(execFile);

/** Where the numbers come from. */
export interface Machine {
  readonly system: string;
  readonly processor: string;
  readonly cores: number;
  readonly memoryBytes: number;
  /** Which core the server has to itself, and which the load generator; nothing where they were not kept apart. */
  readonly pinned: Cores;
  /** Runnable processes, over the minute before the benchmark began. */
  readonly loadBefore: number;
  /** Versions by name: Node, and what is measured. */
  readonly versions: Readonly<Record<string, string>>;
}

/**
 * What a virtual machine's host has taken of its processors for others since it started, in seconds of one processor; nothing
 * where that is not told.
 */
export async function stolenSeconds(): Promise<number | undefined> {
  const text = await readFile("/proc/stat", "utf8").catch(() => "");
  const ticks = /^cpu +(?:\d+ +){7}(\d+)/.exec(text)?.[1];
  return ticks === undefined ? undefined : Number(ticks) / 100;
}

/** Describes this machine and what is installed. */
export async function describeMachine(pinned: Cores): Promise<Machine> {
  return {
    system: `${type()} ${release()} ${arch()}`,
    processor: cpus()[0]?.model.trim() ?? "unknown processor",
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    pinned,
    loadBefore: loadavg()[0] ?? 0,
    versions: {
      node: process.version,
      tidings: await packageVersion("tidings"),
      "better-sse": await packageVersion("better-sse"),
      nchan: await debianVersion("libnginx-mod-nchan"),
      nginx: await debianVersion("nginx"),
    },
  };
}

/** The same in lines of text. */
export function machineLines({
  system,
  processor,
  cores,
  memoryBytes,
  pinned,
  loadBefore,
  versions,
}: Machine): string[] {
  const names = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const lines = [
    `${system}, ${cores} × ${processor}, ${(memoryBytes / 2 ** 30).toFixed(1)} GiB`,
    names.join(", "),
    pinned.server === undefined
      ? "The server and the load generator were not kept on cores of their own (no second core, or no taskset)."
      : `Server on core ${pinned.server}, load generator on core ${pinned.generator}.`,
  ];
  if (loadBefore > 0.5)
    lines.push(`The machine was not idle before (load ${loadBefore.toFixed(2)}): take the numbers with care.`);
  return lines;
}

/** The version of a package that is installed here. */
export async function packageVersion(name: string): Promise<string> {
  const text = await readFile(new URL(`../node_modules/${name}/package.json`, import.meta.url), "utf8");
  return String((JSON.parse(text) as { version?: unknown }).version);
}

async function debianVersion(name: string): Promise<string> {
  try {
    return (await run("dpkg-query", ["--show", "--showformat=${Version}", name])).stdout;
  } catch {
    return "of unknown version";
  }
}
