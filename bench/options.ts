import { parseArgs } from "node:util";
import { fullPlan, type Plan, quickPlan } from "./plan.ts";
import type { Side } from "./sides/side.ts";
import { sideNames } from "./sides/sides.ts";

/** What of the benchmark is to run. */
export interface Selection {
  readonly fanOut: boolean;
  readonly memory: boolean;
  readonly resume: boolean;
  readonly durable: boolean;
  /** Leaves the chosen ones of some sides. */
  sides(all: readonly Side[]): readonly Side[];
}

/** The command line, read. */
export interface Options {
  readonly help: boolean;
  readonly plan: Plan;
  readonly selection: Selection;
  readonly markdown: boolean;
  /** Where to write the raw results, if not to the usual place. */
  readonly output: string | undefined;
}

const parts = ["fan-out", "memory", "resume", "durable"];

/** What `--help` prints. */
export const usage = `npm run bench -- [options]

  --only <names>       only these parts or sides, separated by commas:
                       ${[...parts, ...sideNames].join(", ")}
  --seconds <n>        length of each measured window (default ${fullPlan.loads.map(({ seconds }) => seconds).join(", ")})
  --repetitions <n>    how often everything is repeated (default ${fullPlan.repetitions})
  --quick              a few seconds in all, to see that it works; the numbers mean nothing
  --markdown           print the tables as Markdown
  --output <file>      write the raw results here (default bench/results/<time>.json)`;

/** Reads the command line. Throws an `Error` that says what is wrong with it. */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: "string" },
      seconds: { type: "string" },
      repetitions: { type: "string" },
      quick: { type: "boolean", default: false },
      markdown: { type: "boolean", default: false },
      output: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  const plan = values.quick ? quickPlan : fullPlan;
  return {
    help: values.help,
    plan: {
      ...plan,
      loads: plan.loads.map((load) => ({
        ...load,
        seconds: readNumber("--seconds", values.seconds, load.seconds, 600),
      })),
      repetitions: Math.ceil(readNumber("--repetitions", values.repetitions, plan.repetitions, 100)),
    },
    selection: select(values.only),
    markdown: values.markdown,
    output: values.output,
  };
}

function readNumber(name: string, text: string | undefined, otherwise: number, most: number): number {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (!(value > 0 && value <= most))
    throw new Error(`${name} is ${JSON.stringify(text)}; it takes more than 0, up to ${most}.`);
  return value;
}

function select(only: string | undefined): Selection {
  const names = only?.split(",").map((name) => name.trim()) ?? [];
  const known = [...parts, ...sideNames];
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new Error(`--only ${JSON.stringify(unknown)} is not one of ${known.join(", ")}.`);
  const allParts = !parts.some((part) => names.includes(part));
  const allSides = names.every((name) => parts.includes(name));
  return {
    fanOut: allParts || names.includes("fan-out"),
    memory: allParts || names.includes("memory"),
    resume: allParts || names.includes("resume"),
    // It has sides of its own.
    durable: (allParts && allSides) || names.includes("durable"),
    sides: (all) => (allSides ? all : all.filter(({ name }) => names.includes(name))),
  };
}
