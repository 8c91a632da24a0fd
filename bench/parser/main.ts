// How long the parser takes beside eventsource-parser, on the same bytes in the same run. --only <part of a name>, --rounds
// <n>, --markdown, --quick (a second, whose numbers mean nothing).
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { fixtures } from "../../packages/tidings/test/wire/fixtures.ts";
import { packageVersion } from "../machine.ts";
import { tableText } from "../report/table.ts";
import { measureParsers, type ParserPlan } from "./measure.ts";
import { parserTable } from "./parser-table.ts";

const { values } = parseArgs({
  options: {
    only: { type: "string", default: "" },
    rounds: { type: "string", default: "41" },
    quick: { type: "boolean", default: false },
    markdown: { type: "boolean", default: false },
  },
});
const plan: ParserPlan = values.quick
  ? { bytes: 50_000, rounds: 2, sample: 1 }
  : { bytes: 2 ** 19, rounds: Number(values.rounds), sample: 4 };
const chosen = fixtures(plan.bytes).filter(({ name }) => name.includes(values.only));

console.log(
  `${cpus()[0]?.model ?? "unknown processor"}, Node ${process.version}, eventsource-parser ${await packageVersion("eventsource-parser")}\n`,
);
console.log(tableText(parserTable(measureParsers(chosen, plan)), values.markdown ? "markdown" : "text"));
