import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { reportText } from "../checker/report.ts";
import { chaos } from "./run.ts";
import { timeline } from "./timeline.ts";

const USAGE = `npm run chaos -- [--minutes N] [--seed N] [--subscribers N] [--publishers N] [--logs FOLDER]
                 [--log memory|lmdb|lmdb:FOLDER]

Runs a real hub (build it first) with clients and publishers through a proxy that cuts, delays and loses bytes, and
stops, kills and restarts the hub, by a schedule that the seed decides. Ends with everything healed, and checks what all
of them wrote down. With a log on disk no kill may lose what was acknowledged, and no one may be reset.
`;

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "1" },
    seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 31)) },
    subscribers: { type: "string", default: "60" },
    publishers: { type: "string", default: "4" },
    pause: { type: "string", default: "60" },
    logs: { type: "string" },
    log: { type: "string", default: "memory" },
    help: { type: "boolean", default: false },
  },
});

if (values.help) {
  process.stdout.write(USAGE);
} else {
  const folder = values.logs ?? mkdtempSync(join(tmpdir(), "tidings-chaos-"));
  const verdict = await chaos({
    seed: Number(values.seed),
    duration: Number(values.minutes) * 60_000,
    subscribers: Number(values.subscribers),
    publishers: Number(values.publishers),
    pause: Number(values.pause),
    log: values.log === "lmdb" ? `lmdb:${join(folder, "durable")}` : values.log,
    folder,
  });
  process.stdout.write(`${timeline(verdict.faults)}\n\n${reportText(verdict)}\n\nlogs        ${folder}\n`);
  process.exitCode = verdict.violations.length > 0 ? 1 : 0;
}
