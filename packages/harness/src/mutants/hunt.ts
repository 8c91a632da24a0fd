import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import type { Invariant } from "../checker/violation.ts";
import { SOURCE } from "../simulation/engine.ts";
import type { Mutant } from "./mutant.ts";
import { occurrences, plant } from "./patch.ts";

/** What became of a mutant. `none`: the engine as it is. */
export interface Hunted {
  readonly name: string;
  /** `stale`: its text does not stand in the sources once. `broken`: the simulation itself did not end well. */
  readonly outcome: "caught" | "escaped" | "stale" | "broken";
  /** Violated in the run that caught it. */
  readonly invariants: readonly Invariant[];
  /** How many runs it took, or had. */
  readonly runs: number;
  /** Of a broken one: what it said. */
  readonly detail?: string;
}

/** How mutants are hunted. */
export interface Hunt {
  readonly seed: number;
  /** How many runs a mutant has to be caught in. */
  readonly runs: number;
  /** How many processes there are at a time. */
  readonly processes: number;
  /** Told of each. */
  readonly onHunted?: (hunted: Hunted) => void;
}

const SIMULATION = fileURLToPath(new URL("../simulation/main.ts", import.meta.url));
/** A mutant may well make the engine go round in circles. */
const TIMEOUT_MS = 300_000;

/** Runs the engine as it is, and then each mutant, through the same schedules, up to the first violation of each. */
export async function hunt(mutants: readonly Mutant[], how: Hunt): Promise<Hunted[]> {
  const folder = await mkdtemp(join(tmpdir(), "tidings-mutants-"));
  const hunted: Hunted[] = [];
  try {
    const left = [undefined, ...mutants].map((mutant, index) => ({ mutant, index }));
    const work = async (): Promise<void> => {
      for (let next = left.shift(); next !== undefined; next = left.shift()) {
        const found = await huntOne(next.mutant, join(folder, String(next.index)), how);
        hunted[next.index] = found;
        how.onHunted?.(found);
      }
    };
    await Promise.all(Array.from({ length: how.processes }, work));
    return hunted;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function huntOne(mutant: Mutant | undefined, copy: string, { seed, runs }: Hunt): Promise<Hunted> {
  const name = mutant?.name ?? "none";
  if (mutant !== undefined) {
    const count = await occurrences(mutant, SOURCE);
    if (count !== 1) return { name, outcome: "stale", invariants: [], runs: 0, detail: `found ${count} times` };
    await plant(mutant, SOURCE, copy);
  }
  const engine = mutant === undefined ? SOURCE : copy;
  const args = [SIMULATION, "--engine", engine, "--seed", String(seed), "--runs", String(runs)];
  const output = await run(args);
  const [first = ""] = output.split("\n");
  try {
    const told = JSON.parse(first) as { runs: number; failed?: number; invariants: Invariant[] };
    const outcome = told.failed === undefined ? "escaped" : "caught";
    return { name, outcome, invariants: told.invariants, runs: told.runs };
  } catch {
    return { name, outcome: "broken", invariants: [], runs: 0, detail: output.slice(0, 2_000) };
  }
}

function run(args: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    const env = { ...process.env, SEED: undefined };
    execFile(
      process.execPath,
      [...args],
      { env, timeout: TIMEOUT_MS, killSignal: "SIGKILL" },
      (error, stdout, stderr) =>
        resolve(stdout === "" ? `${stderr}${error?.killed === true ? "It did not come to an end." : ""}` : stdout),
    );
  });
}
