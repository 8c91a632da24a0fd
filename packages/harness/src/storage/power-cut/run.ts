import { execFile, spawn } from "node:child_process";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { Chance } from "../../chance.ts";
import { BrokenDisk } from "../disk/broken-disk.ts";
import { compare } from "./compare.ts";
import type { Reading } from "./reader.ts";
import type { Found, Told } from "./trace.ts";
import type { Writing } from "./writer.ts";

/** How the power is cut. */
export interface PowerCutOptions {
  readonly seed: number;
  /** How often, on one disk after another; the log of a disk goes through three of them. */
  readonly cuts: number;
  readonly durability: "fsync" | "commit";
  readonly publishers: number;
  /** What the disks have of what was not synced: some of it, by chance, or nothing. */
  readonly keeps: "some" | "nothing";
  /** One in so many is cut while the log is made or opened; none where it is left out. */
  readonly openings?: number;
  /** What makes the log; {@link LMDB_LOG} if it is not a mutant. */
  readonly module: string;
  /** Told of each. */
  readonly onCut?: (cut: PowerCut) => void;
}

/** What one power cut came to. */
export interface PowerCut {
  readonly seed: number;
  readonly acknowledged: number;
  readonly followed: number;
  /** How many bytes were not synced, and how many of these the disk had all the same. */
  readonly unsynced: number;
  readonly kept: number;
  /** How many events the log has after it, and how often it had been synced. */
  readonly events: number;
  readonly syncs: number;
  /** What must not be, a line each. */
  readonly wrong: readonly string[];
}

/** The module of the durable log. */
export const LMDB_LOG: string = import.meta.resolve("@tidings/log-lmdb");

/** So few that retention goes on all the time, and pages of the file are used again. */
const MAX_EVENTS = 3_000;
/** What a log goes through, one after another. */
const CUTS_PER_DISK = 3;
const KEYS = 20;
const run = promisify(execFile);
const program = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** Cuts the power of a log that is written to, again and again, and looks each time at what it has. */
export async function powerCuts(options: PowerCutOptions): Promise<PowerCut[]> {
  const cuts: PowerCut[] = [];
  while (cuts.length < options.cuts) {
    const disk = await BrokenDisk.make();
    try {
      const told: Told[] = [];
      for (let round = 0; round < CUTS_PER_DISK && cuts.length < options.cuts; round++) {
        const cut = await cutOnce(disk, options, options.seed + cuts.length, told);
        cuts.push(cut);
        options.onCut?.(cut);
        // What comes after it on such a disk says nothing more.
        if (cut.wrong.length > 0) break;
      }
    } finally {
      disk.remove();
    }
  }
  return cuts;
}

/** @param told everything that this log has told so far; grows */
async function cutOnce(disk: BrokenDisk, options: PowerCutOptions, seed: number, told: Told[]): Promise<PowerCut> {
  const chance = new Chance(seed);
  const { durability, publishers, module } = options;
  const opening = { folder: disk.folder, durability, maxEvents: MAX_EVENTS, module };
  const trace = `${disk.folder}.trace`;
  writeFileSync(trace, "");
  const before = disk.troubles.syncs;
  const isOpening = options.openings !== undefined && chance.happens(1 / options.openings);
  const when = isOpening ? { fromOpening: chance.between(0, 40) } : { fromFirst: chance.between(20, 500) };
  await writeUntilKilled({ ...opening, seed, publishers, trace }, disk, when);
  const lines = readFileSync(trace, "utf8").split("\n");
  const now = lines.slice(0, -1).map((line) => JSON.parse(line) as Told);
  told.push(...now);
  const { bytes: unsynced, kept } = disk.cutPower(options.keeps === "some" ? chance : undefined);
  const keys = now.flatMap(({ key }) => key ?? []).slice(-KEYS);
  const found = await readAll({ ...opening, keys });
  const wrong = typeof found === "string" ? [found] : compare(told, found, MAX_EVENTS);
  const count = (how: Told["how"]): number => now.filter((each) => each.how === how).length;
  const events = typeof found === "string" ? 0 : found.entries.length;
  const syncs = disk.troubles.syncs - before;
  const [acknowledged, followed] = [count("acknowledged"), count("followed")];
  return { seed, acknowledged, followed, unsynced, kept, events, syncs, wrong };
}

/** When it is killed, in milliseconds: from when its file is there, or from when it told something first. */
type When = { readonly fromOpening: number } | { readonly fromFirst: number };

async function writeUntilKilled(writing: Writing, disk: BrokenDisk, when: When): Promise<void> {
  const env = { ...process.env, NODE_OPTIONS: "", ...disk.env };
  const args = [program("writer.ts"), JSON.stringify(writing)];
  const child = spawn(process.execPath, args, { env, stdio: ["ignore", "inherit", "inherit"] });
  const exited = once(child, "exit") as Promise<[number | null, NodeJS.Signals | null]>;
  const over = exited.then(([code]) => {
    if (code !== null) throw new Error(`The writer ended with ${code}`);
  });
  const begun = async (): Promise<void> => {
    if ("fromOpening" in when) {
      while (!existsSync(join(writing.folder, "data.mdb"))) await pause(2);
      return pause(when.fromOpening);
    }
    while (statSync(writing.trace).size === 0) await pause(5);
    return pause(when.fromFirst);
  };
  try {
    await Promise.race([begun(), over]);
  } finally {
    child.kill("SIGKILL");
  }
  await over;
}

/** What the log has, or how the process ended that read it. */
async function readAll(reading: Reading): Promise<Found | string> {
  const env = { ...process.env, NODE_OPTIONS: "" };
  try {
    const args = [program("reader.ts"), JSON.stringify(reading)];
    const { stdout } = await run(process.execPath, args, { env, maxBuffer: 1e9, timeout: 60_000 });
    return JSON.parse(stdout) as Found;
  } catch (error) {
    const { signal, stderr = "" } = error as { readonly signal?: string | null; readonly stderr?: string };
    const said = /^\w*Error\b.*$/m.exec(stderr)?.[0] ?? stderr.slice(-300);
    return `the log cannot be read: ${signal ?? ""} ${said.slice(0, 500)}`;
  }
}
