import type { Fleet, FleetOptions } from "./fleet/fleet.ts";
import type { HubProcess } from "./hub/hub-process.ts";
import type { HubSetup } from "./hub/calls.ts";

/** One figure of a scenario, beside what it has to be. */
export interface Finding {
  readonly what: string;
  readonly seen: string;
  readonly goal?: string;
  /** Whether the goal is met. Left out where there is none. */
  readonly met?: boolean;
}

/** A figure that depends on the machine's speed: a quick run tells it and does not judge it. */
export function judged(stage: Stage, what: string, seen: string, goal: string, met: boolean): Finding {
  return stage.size === "full" ? { what, seen, goal, met } : { what, seen, goal };
}

/** Runs the parts of a scenario, one after the other, or together where no time is judged. Each has a hub of its own. */
export async function runParts(stage: Stage, parts: readonly (() => Promise<Finding[]>)[]): Promise<Finding[]> {
  if (stage.size === "quick") return (await Promise.all(parts.map((part) => part()))).flat();
  const findings: Finding[] = [];
  for (const part of parts) findings.push(...(await part()));
  return findings;
}

/** How a scenario is run: with the numbers, or with a few clients for a few seconds, to see that it works. */
export type Size = "full" | "quick";

/** What a scenario works with. What it starts is stopped when it is over. */
export interface Stage {
  readonly size: Size;
  /** One of two numbers, by the size. */
  pick<Value>(full: Value, quick: Value): Value;
  /** Starts a hub in a process of its own, with arguments for Node itself. */
  hub(setup?: HubSetup, nodeArgs?: readonly string[]): Promise<HubProcess>;
  /** Starts clients, in a process of their own. */
  fleet(options?: FleetOptions): Promise<Fleet>;
  /** Tells what is being done. */
  say(line: string): void;
  /** Keeps a file beside the results, such as a chart, and answers its path. */
  keep(name: string, text: string): Promise<string>;
}

/** Something to be shown of the engine under load. */
export interface Scenario {
  readonly name: string;
  /** What is done, and what is asked, in a sentence or two. */
  readonly asked: string;
  run(stage: Stage): Promise<Finding[]>;
}
