import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect, onTestFinished, test } from "vitest";

import { runProgram } from "./process.ts";

test.each([
  { log: "memory", minutes: "0.8" },
  { log: "lmdb", minutes: "0.25" },
])(
  "a hub with its log in $log keeps its contract while everything around it breaks",
  { timeout: 240_000 },
  async (how) => {
    const folder = await mkdtemp(join(tmpdir(), "tidings-chaos-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    // Another schedule every time: the report has the seed.
    const seed = String(Math.floor(Math.random() * 2 ** 31));
    const args = ["--minutes", how.minutes, "--log", how.log, "--subscribers", "40", "--seed", seed, "--logs", folder];
    const { code, output } = await runProgram("chaos/main.ts", ...args);
    process.stdout.write(`\n${output}\n`);
    expect(code, output).toBe(0);
    const received = Number(/received +(\d+)/.exec(output)?.[1]);
    const acknowledged = Number(/published +(\d+)/.exec(output)?.[1]);
    expect([acknowledged > 200, received > 2_000], output).toEqual([true, true]);
  },
);
