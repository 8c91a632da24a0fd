import type { Finding, Scenario, Size } from "./scenario.ts";
import { openStage } from "./stage.ts";

/** What a scenario found. */
export interface Outcome {
  readonly scenario: string;
  readonly size: Size;
  readonly findings: readonly Finding[];
  /** Whether every goal was met. */
  readonly met: boolean;
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
    return { scenario: scenario.name, size, findings, met: findings.every(({ met }) => met !== false) };
  } finally {
    await stage.close();
  }
}

/** What was asked and what was found, as text. */
export function outcomeText({ name, asked }: Scenario, { findings, size }: Outcome): string {
  const lines = findings.map(({ what, seen, goal, met }) => {
    const mark = met === undefined ? " " : met ? "✓" : "✗";
    return `${mark} ${what}: ${seen}${goal === undefined ? "" : `  [goal: ${goal}]`}`;
  });
  const note = size === "quick" ? " (quick: a few clients for a few seconds, times are not judged)" : "";
  return [`${name}${note}`, asked, "", ...lines].join("\n");
}
