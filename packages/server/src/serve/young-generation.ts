import { setFlagsFromString } from "node:v8";

/** How an operator says how large V8's young generation may be: then nothing is said here. */
const SAID = /--(?:max|min)[-_]semi[-_]space[-_]size|--semi[-_]space[-_]growth[-_]factor/;

/**
 * Keeps V8's young generation as small as it is when this is called, best at the start: 1 MiB. New connections would
 * make it grow to 48 MiB or more for good: 5 KB for each of 10,000. It is collected more often then, which takes 3% of the
 * processor at full fan-out.
 */
export function keepYoungGenerationSmall(): void {
  const said = [...process.execArgv, process.env["NODE_OPTIONS"] ?? ""].join(" ");
  if (!SAID.test(said)) setFlagsFromString("--semi-space-growth-factor=1");
}
