import { createAlerts } from "./alerts.ts";
import { numberOf, textOf, type Part } from "./arrival.ts";
import type { Lines } from "./lines.ts";
import { createMetricSheet, metricShapes } from "./metric-sheet.ts";

/** The four metrics: each value goes to its sheet, and to the watch over the lines. */
export function createMetrics(lines: Lines): Part {
  const sheets = new Map(metricShapes.map((shape) => [shape.metric, createMetricSheet(shape)]));
  const alerts = createAlerts(new Map(metricShapes.map(({ metric, name }) => [metric, name])));
  return {
    show(arrival) {
      const metric = textOf(arrival.data["metric"]) ?? "";
      const value = numberOf(arrival.data["value"]);
      if (value === undefined) return;
      sheets.get(metric)?.show(arrival, value, lines.of(metric));
      alerts.check(arrival, metric, value, lines.of(metric));
    },
    clear() {
      for (const sheet of sheets.values()) sheet.clear();
    },
  };
}
