import { setFlagsFromString } from "node:v8";

/** How an operator says how large V8's young generation may be: then nothing is said here. */
const SAID = /--(?:max|min)[-_]semi[-_]space[-_]size|--semi[-_]space[-_]growth[-_]factor/;

/**
 * Keeps V8's young generation as small as it is at the start, 1 MiB, where new connections would make it grow to 48 MiB
 * for good: 5 KB for each of 10,000. It is then collected more often: 3% of the processor at most, at full fan-out.
 * Before V8 looks at it for the first time, which is when that first mebibyte is full.
 */
export function keepYoungGenerationSmall(): void {
  const said = [...process.execArgv, process.env["NODE_OPTIONS"] ?? ""].join(" ");
  if (!SAID.test(said)) setFlagsFromString("--semi-space-growth-factor=1");
}
