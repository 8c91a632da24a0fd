import { AggregatorRegistry } from "prom-client";
import type { HubStats } from "tidings";

import type { Figures } from "../metrics.ts";
import type { Report } from "./procedures.ts";

/** What several hubs on one log do and have done together. A topic with subscribers at two of them counts twice. */
export function sumStats(all: readonly HubStats[]): HubStats | undefined {
  const [first, ...others] = all;
  if (first === undefined) return undefined;
  const summed = others.reduce((sum, one) => add(sum, one) as HubStats, first);
  return {
    ...summed,
    ready: all.every(({ ready }) => ready),
    overloaded: all.some(({ overloaded }) => overloaded),
  };
}

/** What several processes have counted, as Prometheus reads it. */
export async function sumFigures(all: readonly Figures[]): Promise<string> {
  return AggregatorRegistry.aggregate([...all]).metrics();
}

/** Several reports as one. At least one. */
export async function sumReports(all: readonly Report[]): Promise<Report> {
  const stats = sumStats(all.map((report) => report.stats));
  if (stats === undefined) throw new Error("There is no report to sum up");
  const figures = await AggregatorRegistry.aggregate(all.map((report) => report.figures)).getMetricsAsJSON();
  return { stats, figures };
}

/**
 * What stays of a worker that has ended: what it had counted when it was asked last. Without it the sums would fall, and
 * who reads them would take that for a new start.
 */
export function remainsOf({ stats, figures }: Report): Report {
  return {
    stats: {
      ...stats,
      subscribers: 0,
      subscribersByState: { live: 0, replaying: 0, catchingUp: 0 },
      topics: 0,
      bufferedBytes: 0,
      ready: true,
      overloaded: false,
    },
    figures: figures.filter(({ type }) => String(type) !== "gauge"),
  };
}

/** What is told of a worker that does not answer: what it said last, and that the hub is not ready. */
export function unreadyReport({ stats, figures }: Report): Report {
  return {
    stats: { ...stats, ready: false },
    figures: figures.map((metric) =>
      metric.name === "tidings_ready"
        ? { ...metric, values: metric.values.map((value) => ({ ...value, value: 0 })) }
        : metric,
    ),
  };
}

/** Adds numbers up, in objects too. Of anything else the first. */
function add(one: unknown, other: unknown): unknown {
  if (typeof one === "number" && typeof other === "number") return one + other;
  if (typeof one !== "object" || one === null) return one;
  return Object.fromEntries(Object.entries(one).map(([name, value]) => [name, add(value, (other as never)[name])]));
}
