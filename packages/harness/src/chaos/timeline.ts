import type { FaultRecord } from "../logs/record.ts";

/** What was broken when, for people: a line each, but for the single connections that the weather cut. */
export function timeline(faults: readonly FaultRecord[]): string {
  const [first] = faults;
  const seconds = (at: number): string => `${((at - (first?.at ?? 0)) / 1_000).toFixed(1)} s`.padStart(8);
  const lines = faults.flatMap(({ at, what }) => (what.startsWith("cut: ") ? [] : [`${seconds(at)}  ${what}`]));
  const cut = faults.length - lines.length;
  return [...lines, `${cut} connections were cut by the weather`].join("\n");
}
