import type { Finding, Scenario, Size } from "./scenario.ts";
import { openStage } from "./stage.ts";

/** What a scenario found. */
export interface Outcome {
  readonly scenario: string;
  readonly size: Size;
  readonly findings: readonly Finding[];
  /** Whether every goal was met. */
  readonly met: boolean;
  /** The largest share of its time that a hub had to wait for its core. */
  readonly waited: number;
}

/** Runs a scenario, and ends what it started. */
export async function runScenario(
  scenario: Scenario,
  size: Size,
  profiles: boolean,
  say: (line: string) => void,
): Promise<Outcome> {
  const stage = openStage(size, profiles, say);
  try {
    const findings = await scenario.run(stage);
    const met = findings.every((finding) => finding.met !== false);
    return { scenario: scenario.name, size, findings, met, waited: stage.waited };
  } finally {
    await stage.close();
  }
}

/** What was asked and what was found, as text. */
export function outcomeText({ name, asked }: Scenario, { findings, size, waited }: Outcome): string {
  const lines = findings.map(({ what, seen, goal, met }) => {
    const mark = met === undefined ? " " : met ? "✓" : "✗";
    return `${mark} ${what}: ${seen}${goal === undefined ? "" : `  [goal: ${goal}]`}`;
  });
  if (waited > 0.1) {
    lines.push(
      `! The hub waited ${Math.round(waited * 100)} % of its time for its core: other programs, or its own collector, were in the way.`,
    );
  }
  const note = size === "quick" ? " (quick: a few clients for a few seconds, times are not judged)" : "";
  return [`${name}${note}`, asked, "", ...lines].join("\n");
}
