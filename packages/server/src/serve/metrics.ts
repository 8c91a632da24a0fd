import type { IncomingMessage, ServerResponse } from "node:http";

import { collectDefaultMetrics, Counter, Gauge, Registry } from "prom-client";
import type { Hub, HubStats } from "tidings";
import { problem } from "tidings/http";

import { sendProblem } from "../send-problem.ts";

/** What Prometheus reads: the hub's figures and the process's. */
export interface Metrics {
  /** Answers `/metrics`. False for another path; then nothing was written. */
  handle(req: IncomingMessage, res: ServerResponse): boolean;
}

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

  const overloaded: Gauge = new Gauge({
    name: "tidings_overloaded",
    help: "1 while streams are refused because the event loop is late.",
    registers: [registry],
    collect() {
      overloaded.set(stats.overloaded ? 1 : 0);
    },
  });

  async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    stats = hub.stats();
    const text = await registry.metrics();
    res.writeHead(200, { "Content-Type": registry.contentType, "Cache-Control": "no-store" });
    res.end(req.method === "HEAD" ? undefined : text);
  }

  return {
    handle(req, res) {
      if (req.url?.split("?", 1)[0] !== "/metrics") return false;
      if (req.method === "GET" || req.method === "HEAD") {
        void answer(req, res);
        return true;
      }
      sendProblem(res, problem("method-not-allowed", "/metrics takes GET, HEAD"), { Allow: "GET, HEAD" });
      return true;
    },
  };
}
