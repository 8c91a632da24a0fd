import type { FaultOutcome } from "./fault.ts";
import { storageFaults } from "./faults.ts";
import { faultTable } from "./table.ts";

const [only = ""] = process.argv.slice(2);
const rows: (FaultOutcome & { readonly name: string })[] = [];
for (const fault of storageFaults.filter(({ name }) => name.includes(only))) {
  try {
    rows.push({ name: fault.name, ...(await fault.run()) });
  } catch (error) {
    process.exitCode = 1;
    process.stderr.write(`${fault.name}: ${error instanceof Error ? error.stack : String(error)}\n`);
  }
}
process.stdout.write(`${faultTable(rows)}\n`);
