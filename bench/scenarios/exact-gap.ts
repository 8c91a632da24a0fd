import type { StreamReport } from "./fleet/report.ts";

/**
 * Whether a client was told of exactly one gap, and it was exact: it begins at the id that the client had, ends just
 * before the first event that came after it, and that one was as old as retention lets an event become, so that nothing
 * was passed over that was still there.
 *
 * @param retentionMs the age up to which an event is retained
 * @param apartMs the longest time between two events: the last one let go was older by that than the first one left
 */
export function exactGap({ gaps, lost, doubled }: StreamReport, retentionMs: number, apartMs: number): boolean {
  const [gap, ...others] = gaps;
  if (gap === undefined || others.length > 0 || lost > 0 || doubled > 0) return false;
  const through = Number(gap.through.split("-")[1]);
  // Event n has the offset n + 1.
  const continues = gap.after === gap.had && gap.first === through;
  return gap.reason === "evicted" && continues && gap.firstAge >= (retentionMs - apartMs) * 1000;
}
