import type { Verdict } from "./check.ts";
import { INVARIANTS, type Invariant, type Violation } from "./violation.ts";

/** So many violations of one invariant are shown. */
const SHOWN = 3;

/** A verdict for people: what the run was, what it came to, and what was violated. */
export function reportText({ run, violations, published, received, subscribers, faults }: Verdict): string {
  const versions = Object.entries(run.versions).map(([name, version]) => `${name} ${version}`);
  const gaps = Object.entries(received.gaps).map(([reason, count]) => `${count} ${reason}`);
  return [
    `seed        ${run.seed}`,
    `versions    ${versions.join(", ")}`,
    `published   ${published.acknowledged} acknowledged, ${published.duplicates} duplicates, ${published.failed} refused, ${published.unknown} unknown`,
    `received    ${received.delivered} by ${subscribers} subscribers on ${received.connections} connections, ${received.snapshots} of snapshots`,
    `confessed   gaps: ${gaps.join(", ") || "none"}; resets: ${received.resets}`,
    `faults      ${faults.length}`,
    "",
    ...Object.entries(INVARIANTS).map(([name, words]) => verdictLine(name, words, violations)),
    ...Object.keys(INVARIANTS).flatMap((name) => examples(name as Invariant, violations)),
  ].join("\n");
}

function verdictLine(name: string, words: string, violations: readonly Violation[]): string {
  const count = violations.filter(({ invariant }) => invariant === name).length;
  return `${name.padEnd(4)} ${count === 0 ? "held    " : `${count} times`.padEnd(8)} ${words}`;
}

function examples(name: Invariant, violations: readonly Violation[]): string[] {
  const mine = violations.filter(({ invariant }) => invariant === name);
  const lines = mine.slice(0, SHOWN).map(({ at, who, what }) => {
    return `  ${at === undefined ? "" : `${at.toFixed(1)} ms, `}${who === undefined ? "" : `${who}: `}${what}`;
  });
  if (mine.length > SHOWN) lines.push(`  and ${mine.length - SHOWN} more`);
  return lines.length === 0 ? [] : ["", `${name}:`, ...lines];
}
