import { parseArgs } from "node:util";

import { reportText } from "../checker/report.ts";
import { FileJournal } from "../logs/journal.ts";
import { Campaign } from "./campaign.ts";
import { loadEngine, SOURCE } from "./engine.ts";

const USAGE = `node src/simulation/main.ts [--seed N] [--runs N] [--engine FOLDER] [--logs FOLDER]

Runs the engine through random schedules, from a seed on, and checks what was written down. Stops at the first
violation. One run of a seed is always the same.

  --seed    the first seed; by chance if it is not given
  --runs    how many (2000; 1 with --logs)
  --engine  sources of the library other than those of this repository
  --logs    where to write the logs of the last run, for npm run verify
`;

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: process.env["SEED"] ?? String(Math.floor(Math.random() * 2 ** 31)) },
    runs: { type: "string" },
    engine: { type: "string", default: SOURCE },
    logs: { type: "string" },
    help: { type: "boolean", default: false },
  },
});

if (values.help) {
  process.stdout.write(USAGE);
} else {
  const alone = values.logs !== undefined || process.env["SEED"] !== undefined;
  const campaign = new Campaign(await loadEngine(values.engine));
  const seed = Number(values.seed);
  const failed = await campaign.run(seed, Number(values.runs ?? (alone ? 1 : 2_000)));
  if (values.logs !== undefined) {
    const journal = new FileJournal(values.logs);
    for (const record of campaign.records) journal.write(record);
    await journal.close();
  }
  const invariants = [...new Set(failed?.violations.map(({ invariant }) => invariant))];
  process.stdout.write(`${JSON.stringify({ ...campaign.totals, seed, failed: failed?.run.seed, invariants })}\n`);
  if (failed !== undefined) {
    process.stdout.write(
      `${reportText(failed)}\nThis run again: SEED=${failed.run.seed} npm run simulate -w packages/harness -- --logs /tmp/logs\n`,
    );
    process.exitCode = 1;
  }
}
