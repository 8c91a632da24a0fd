import type { StreamReport } from "./fleet/report.ts";

/**
 * Whether a client was told of exactly one gap, and it was exact: it begins at the id that the client had, ends just
 * before the first event that came after it, and that one was as old as retention lets an event become, so that nothing
 * was passed over that was still there.
 */
export function exactGap({ gaps, lost, doubled }: StreamReport, retentionMs: number): boolean {
  const [gap, ...others] = gaps;
  if (gap === undefined || others.length > 0 || lost > 0 || doubled > 0) return false;
  const through = Number(gap.through.split("-")[1]);
  // Event n has the offset n + 1. The log's clock is its own, so its seconds may differ from ours by a little.
  const continues = gap.after === gap.had && gap.first === through;
  return gap.reason === "evicted" && continues && gap.firstAge >= retentionMs * 1000 * 0.99;
}
