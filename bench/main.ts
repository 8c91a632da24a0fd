import { constants } from "node:os";
import { fileURLToPath } from "node:url";
import { runBench } from "./bench.ts";
import { type Options, readOptions, usage } from "./options.ts";
import { stopAllPrograms } from "./processes/program.ts";
import { reportText } from "./report/report.ts";
import { chartFile, defaultResultsFile, writeResults } from "./results.ts";

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    stopAllPrograms();
    process.exit(128 + constants.signals[signal]);
  });
}

let options: Options;
try {
  options = readOptions(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${usage}\n`);
  process.exit(2);
}
if (options.help) {
  process.stdout.write(`${usage}\n`);
  process.exit(0);
}
if (process.platform !== "linux") {
  process.stderr.write("The benchmark reads processor time and memory from /proc, and so runs on Linux only.\n");
  process.exit(2);
}

try {
  const results = await runBench(options.plan, options.selection, (line) => process.stderr.write(`${line}\n`));
  const file = options.output ?? fileURLToPath(defaultResultsFile(results.started));
  await writeResults(file, results);
  process.stdout.write(`\n${reportText(results, options.markdown ? "markdown" : "text")}\n`);
  process.stderr.write(`\nRaw results: ${file}\nChart: ${chartFile(file)}\n`);
} catch (error) {
  stopAllPrograms();
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 1;
}
