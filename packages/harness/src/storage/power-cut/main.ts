import { parseArgs } from "node:util";

import { LMDB_LOG, powerCuts } from "./run.ts";
import { powerCutText } from "./table.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 31)) },
    cuts: { type: "string", default: "100" },
    publishers: { type: "string", default: "16" },
    durability: { type: "string", default: "fsync" },
    log: { type: "string", default: LMDB_LOG },
    openings: { type: "string", default: "8" },
    "keep-nothing": { type: "boolean", default: false },
  },
});

if (values.durability !== "fsync" && values.durability !== "commit") throw new Error("--durability fsync or commit");
const cuts = await powerCuts({
  seed: Number(values.seed),
  cuts: Number(values.cuts),
  publishers: Number(values.publishers),
  durability: values.durability,
  module: values.log,
  openings: Number(values.openings),
  keeps: values["keep-nothing"] ? "nothing" : "some",
  onCut: ({ seed, wrong }) => process.stderr.write(`${seed} ${wrong.length === 0 ? "held" : wrong[0]}\n`),
});
process.stdout.write(`${powerCutText(cuts)}\n`);
process.exitCode = cuts.some(({ wrong }) => wrong.length > 0) ? 1 : 0;
