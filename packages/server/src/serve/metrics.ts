import {
  collectDefaultMetrics,
  Counter,
  Gauge,
  Registry,
  type MetricObjectWithValues,
  type MetricValue,
} from "prom-client";
import type { Hub, HubStats } from "tidings";

/** What a process has counted: the hub's figures and its own. */
export interface Metrics {
  /** As Prometheus reads it. */
  text(): Promise<string>;
  /** As another process can add it up. */
  figures(): Promise<Figures>;
}

/** Every metric with its values. */
export type Figures = MetricObjectWithValues<MetricValue<string>>[];

/** A figure that only grows, read from the hub when it is asked for. By label where there are several. */
type Total = (stats: HubStats) => number | Readonly<Record<string, number>>;

/** The metrics of a hub. They name no topic, no user and no address: their number does not grow with use. */
export function createMetrics(hub: Hub): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  // Taken once for each answer: it counts all subscribers.
  let stats = hub.stats();

  function total(name: string, help: string, read: Total, label?: string): void {
    const counter: Counter = new Counter({
      name,
      help,
      labelNames: label === undefined ? [] : [label],
      registers: [registry],
      collect() {
        const value = read(stats);
        counter.reset();
        if (typeof value === "number") counter.inc(value);
        else for (const [of, count] of Object.entries(value)) counter.inc({ [label ?? ""]: of }, count);
      },
    });
  }

  total("tidings_events_published_total", "Events appended to the log, without duplicates.", (of) => of.published);
  total("tidings_events_delivered_total", "Events written to subscribers.", (of) => of.delivered);
  total("tidings_gaps_total", "Gaps told to subscribers.", (of) => of.gaps);
  total("tidings_resets_total", "Resets told to subscribers.", (of) => of.resets);
  total("tidings_streams_closed_total", "Streams that ended, by reason.", (of) => of.closed, "reason");
  total("tidings_streams_refused_total", "Streams refused before they began, by reason.", (of) => of.refused, "reason");
  total("tidings_stream_changes_total", "Changes of the topics of open streams.", (of) => of.changes);
  total("tidings_publishes_rate_limited_total", "Publishes and changes beyond a rate.", (of) => of.rateLimited);

  const subscribers: Gauge = new Gauge({
    name: "tidings_subscribers",
    help: "Open streams, by state.",
    labelNames: ["state"],
    registers: [registry],
    collect() {
      for (const [state, count] of Object.entries(stats.subscribersByState)) subscribers.set({ state }, count);
    },
  });
  const topics: Gauge = new Gauge({
    name: "tidings_topics",
    help: "Topics and patterns with a subscriber.",
    registers: [registry],
    collect() {
      topics.set(stats.topics);
    },
  });

  new Gauge({ name: "tidings_workers", help: "Processes that serve the hub.", registers: [registry] }).set(1);
  const ready: Gauge = new Gauge({
    name: "tidings_ready",
    help: "1 while the log takes events.",
    aggregator: "min",
    registers: [registry],
    collect() {
      ready.set(stats.ready ? 1 : 0);
    },
  });
  const overloaded: Gauge = new Gauge({
    name: "tidings_overloaded",
    help: "1 while streams are refused because the event loop is late.",
    aggregator: "max",
    registers: [registry],
    collect() {
      overloaded.set(stats.overloaded ? 1 : 0);
    },
  });

  async function withStats<Answer>(answer: () => Promise<Answer>): Promise<Answer> {
    stats = hub.stats();
    return answer();
  }

  return {
    text: () => withStats(() => registry.metrics()),
    figures: () => withStats(() => registry.getMetricsAsJSON()),
  };
}
