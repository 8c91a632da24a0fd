import { join } from "node:path";

import { expect, test } from "vitest";

import { finish, folder, installed } from "./programs.ts";

/** Each runtime's program, and what comes before a file for it to run that file. */
const RUNTIMES = [
  { name: "Node 22", program: installed("node-22/bin/node"), before: [], version: /^v22\./ },
  { name: "Node 24", program: process.execPath, before: [], version: /^v24\./ },
  { name: "Node 26", program: installed("node-26/bin/node"), before: [], version: /^v26\./ },
  { name: "Bun", program: installed(".bin/bun"), before: ["run"], version: /^1\./ },
  { name: "Deno", program: installed(".bin/deno"), before: ["run", "--allow-all"], version: /^deno 2\./ },
];

/** The suite keeps one stream quiet for a minute. */
const TIMEOUT = 180_000;

test.concurrent.for(RUNTIMES)("$name passes the suite", { timeout: TIMEOUT }, async (runtime, context) => {
  const { name, program, before, version } = runtime;
  const itself = await finish(program, ["--version"], context.signal);
  expect(itself.output).toMatch(version);
  const suite = await finish(program, [...before, join(folder, "suite.mjs")], context.signal);
  process.stdout.write(`${name}: ${itself.output.split("\n")[0]}\n${suite.output.trimEnd()}\n`);
  expect(suite.code, suite.output).toBe(0);
  expect(suite.output).toMatch(/^ok [1-9]\d*\s*$/m);
});
