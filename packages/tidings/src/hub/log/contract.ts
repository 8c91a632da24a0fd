import { appendingCases } from "./contract/appending.ts";
import type { ContractCase, LogKind, OpenLog, Survival } from "./contract/case.ts";
import { followingCases } from "./contract/following.ts";
import { idempotencyCases } from "./contract/idempotency.ts";
import { readingCases } from "./contract/reading.ts";
import { retentionCases } from "./contract/retention.ts";
import { survivalCases } from "./contract/survival.ts";

/**
 * What every log must do, as tests for any runner. See `Log` for the words.
 *
 * @param survival for a log that survives its process
 */
export function logContract(open: OpenLog, survival?: Survival): ContractCase[] {
  const kind: LogKind = { open, survival };
  return [
    ...appendingCases(kind),
    ...readingCases(kind),
    ...followingCases(kind),
    ...idempotencyCases(kind),
    ...retentionCases(kind),
    ...survivalCases(kind),
  ];
}
