import { constants } from "node:os";
import { parseArgs } from "node:util";
import { stopAllPrograms } from "../processes/program.ts";
import { outcomeText, runScenario } from "./run-scenario.ts";
import { scenarios } from "./scenarios.ts";

const usage = `npm run scenario -- [names] [options]

  names                ${scenarios.map(({ name }) => name).join(", ")}; all by default
  --quick              a few clients for a few seconds: does it work? Times are not judged
  --profile            write a processor profile of every hub to bench/results/
  --json               print what was found as JSON`;

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    stopAllPrograms();
    process.exit(128 + constants.signals[signal]);
  });
}

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  stopAllPrograms();
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 1;
}

/** Answers the exit code: 1 when a goal was missed, 2 when the command is wrong. */
async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      quick: { type: "boolean", default: false },
      profile: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const unknown = positionals.find((name) => !scenarios.some((scenario) => scenario.name === name));
  if (values.help || unknown !== undefined) {
    process.stderr.write(unknown === undefined ? "" : `There is no scenario ${JSON.stringify(unknown)}.\n\n`);
    process.stdout.write(`${usage}\n`);
    return unknown === undefined ? 0 : 2;
  }
  if (process.platform !== "linux") {
    process.stderr.write("The scenarios read memory and sockets from /proc, and so run on Linux only.\n");
    return 2;
  }
  let missed = 0;
  for (const scenario of scenarios) {
    if (positionals.length > 0 && !positionals.includes(scenario.name)) continue;
    const say = (line: string): void => console.error(`${scenario.name}: ${line}`);
    const outcome = await runScenario(scenario, values.quick ? "quick" : "full", values.profile, say);
    if (!outcome.met) missed++;
    console.log(values.json ? JSON.stringify(outcome) : `${outcomeText(scenario, outcome)}\n`);
  }
  return missed === 0 ? 0 : 1;
}
