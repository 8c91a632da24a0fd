/** A table of the report, with what is to be said below it. */
export interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly notes: readonly string[];
}

/** How a report is written. */
export type Format = "text" | "markdown";

/** Writes a table; the first column stands at the left, the numbers at the right. */
export function tableText(table: Table, format: Format): string {
  return format === "markdown" ? markdownTable(table) : plainTable(table);
}

function plainTable({ title, columns, rows, notes }: Table): string {
  const widths = columns.map((column, index) => Math.max(column.length, ...rows.map((row) => row[index]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, index) => (index === 0 ? cell.padEnd(widths[index] ?? 0) : cell.padStart(widths[index] ?? 0)))
      .join("  ")
      .trimEnd();
  const rule = "-".repeat(widths.reduce((sum, width) => sum + width + 2, -2));
  return [title, "", line(columns), rule, ...rows.map(line), ...notes.map((note) => `! ${note}`)].join("\n");
}

function markdownTable({ title, columns, rows, notes }: Table): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const rule = line(columns.map((_, index) => (index === 0 ? ":--" : "--:")));
  const lines = [`### ${title}`, "", line(columns), rule, ...rows.map(line)];
  if (notes.length > 0) lines.push("", ...notes.map((note) => `- ${note}`));
  return lines.join("\n");
}
