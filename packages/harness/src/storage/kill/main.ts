import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { killText } from "./table.ts";
import { killRuns } from "./run.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 31)) },
    runs: { type: "string", default: "100" },
    kills: { type: "string", default: "1" },
    publishers: { type: "string", default: "32" },
    subscribers: { type: "string", default: "24" },
    sabotage: { type: "boolean", default: false },
  },
});

const folder = mkdtempSync(join(tmpdir(), "tidings-kill-"));
const verdicts = [];
for (let run = 0; run < Number(values.runs); run++) {
  const seed = Number(values.seed) + run;
  const logs = join(folder, String(seed));
  const verdict = await killRuns({
    seed,
    kills: Number(values.kills),
    publishers: Number(values.publishers),
    subscribers: Number(values.subscribers),
    sabotage: values.sabotage,
    folder: logs,
  });
  verdicts.push(verdict);
  const [first] = verdict.violations;
  process.stderr.write(`${seed} ${first === undefined ? "held" : `${first.invariant} ${first.what}, see ${logs}`}\n`);
  if (first === undefined) rmSync(logs, { recursive: true });
}
process.stdout.write(`${killText(verdicts)}\n`);
if (verdicts.every(({ violations }) => violations.length === 0)) rmSync(folder, { recursive: true });
else process.exitCode = 1;
