import { resolve } from "node:path";

import { checkLogs } from "./checker/check.ts";
import { reportText } from "./checker/report.ts";

const [path] = process.argv.slice(2);
if (path === undefined) {
  process.stderr.write("Which logs? npm run verify -w packages/harness -- <file or folder of .ndjson>\n");
  process.exitCode = 2;
} else {
  // npm starts it in its own folder, and not where the path was written.
  const verdict = await checkLogs(resolve(process.env["INIT_CWD"] ?? "", path));
  process.stdout.write(`${reportText(verdict)}\n`);
  if (verdict.violations.length > 0) process.exitCode = 1;
}
