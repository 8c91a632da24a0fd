import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import type { Outcome } from "./run-scenario.ts";
import { scenarios } from "./scenarios.ts";

const program = fileURLToPath(new URL("main.ts", import.meta.url));
const run = promisify(execFile);

it.each(scenarios.map(({ name }) => name))(
  "the scenario %s works and meets its goals, times left aside",
  async (name) => {
    // It exits with 1 where a goal is missed: then what it found says which.
    const { stdout } = await run(process.execPath, [program, name, "--quick", "--json"]).catch(
      (error: unknown) => error as { readonly stdout: string },
    );
    const { findings, met } = JSON.parse(stdout) as Outcome;
    expect(findings.filter((finding) => finding.met === false)).toEqual([]);
    expect(findings.some((finding) => finding.met === true)).toBe(true);
    expect(met).toBe(true);
  },
  90_000,
);

it("says what is wrong with a name, and runs nothing", async () => {
  await expect(run(process.execPath, [program, "storms"])).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringContaining('no scenario "storms"'),
  });
});
