import type { FaultOutcome } from "./fault.ts";

/** What came of the faults, for people: as a table of Markdown, a line each. */
export function faultTable(rows: readonly (FaultOutcome & { readonly name: string })[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [
    line(["fault", "the publisher got", "readers got", "recovery"]),
    line([":--", ":--", ":--", ":--"]),
    ...rows.map(({ name, publisher, readers, recovery }) => line([name, publisher, readers, recovery])),
  ].join("\n");
}
