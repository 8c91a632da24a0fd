import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";

import { expect, test } from "vitest";

import { finish, folder, NODES } from "./programs.ts";

const root = join(folder, "../..");
const VITEST = ["node_modules/vitest/vitest.mjs", "run", "--project", "together", "packages/tidings/test/node/lean"];
/** All but the longest, which is not about Node. */
const SHORT = ["--testNamePattern", "^(?!ten thousand)"];

// What lean connections rely on of Node is tested on each of its lines: this run's own has it among its tests.
test.for(NODES)(
  "lean connections are lean on $name, and all the rest as ever",
  { timeout: 180_000 },
  async (node, context) => {
    const { output: version } = await finish(node.program, ["--version"], context.signal);
    expect(version).toMatch(node.version);
    const { code, output } = await finish(node.program, [...VITEST, ...SHORT], context.signal, root);
    expect(code, output).toBe(0);
    expect(stripVTControlCharacters(output)).toMatch(/Tests +\d{2,} passed/);
  },
);
