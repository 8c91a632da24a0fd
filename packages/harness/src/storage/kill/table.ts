import type { Verdict } from "../../checker/check.ts";
import { INVARIANTS } from "../../checker/violation.ts";

/** What all the runs came to, for people. */
export function killText(verdicts: readonly Verdict[]): string {
  const sum = (of: (verdict: Verdict) => number): string =>
    verdicts.reduce((total, verdict) => total + of(verdict), 0).toLocaleString("en");
  const gaps = (verdict: Verdict): number =>
    Object.values(verdict.received.gaps).reduce((one, other) => one + other, 0);
  const violations = verdicts.flatMap((verdict) => verdict.violations);
  return [
    `runs           ${verdicts.length}, kills ${sum(({ faults }) => faults.length)}`,
    `acknowledged   ${sum(({ published }) => published.acknowledged)} events, and ${sum(({ published }) => published.duplicates)} as duplicates of a retry`,
    `unknown        ${sum(({ published }) => published.unknown)} events were not answered, and were published again`,
    `delivered      ${sum(({ received }) => received.delivered)} to ${sum(({ subscribers }) => subscribers)} subscribers on ${sum(({ received }) => received.connections)} connections`,
    `confessed      ${sum(gaps)} gaps, ${sum(({ received }) => received.resets)} resets`,
    ...Object.entries(INVARIANTS).flatMap(([name, words]) => {
      const count = violations.filter(({ invariant }) => invariant === name).length;
      return count === 0 ? [] : [`VIOLATED       ${name} ${count} times: ${words}`];
    }),
    `violations     ${violations.length}`,
  ].join("\n");
}
