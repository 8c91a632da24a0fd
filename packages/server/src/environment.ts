import { Failure } from "./failure.ts";

const YES = new Set(["1", "true", "yes", "on"]);
const NO = new Set(["0", "false", "no", "off"]);

/** Options without a value. Commander takes any value of their variable for a yes, `false` too. */
const SWITCHES = ["TIDINGS_ANONYMOUS", "TIDINGS_COMPRESS", "TIDINGS_DEMO"];

/**
 * Makes the environment fit to be read as options: an empty variable is as good as none, and a switch that says no is
 * taken out.
 *
 * @throws Failure if a switch says neither yes nor no
 */
export function tidyEnvironment(environment: NodeJS.ProcessEnv): void {
  for (const name of Object.keys(environment)) {
    if (name.startsWith("TIDINGS_") && environment[name] === "") delete environment[name];
  }
  for (const name of SWITCHES) {
    const value = environment[name];
    if (value === undefined || YES.has(value.toLowerCase())) continue;
    if (!NO.has(value.toLowerCase())) throw new Failure(`${name} must be true or false, not ${JSON.stringify(value)}.`);
    delete environment[name];
  }
}
