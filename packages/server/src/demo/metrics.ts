import { cpus, freemem, totalmem } from "node:os";

import type { DemoHub } from "./demo-hub.ts";

import type { Publisher } from "./publisher.ts";

/** The four figures at the top of the page. */
export interface Metrics {
  readonly count: number;
  /** Measures one of them and publishes it to `demo/metrics/<name>`. */
  publishOne(index: number): void;
}

interface Reading {
  readonly metric: string;
  readonly value: number;
  readonly [more: string]: unknown;
}

/** CPU and memory of this machine in per cent, open streams of the hub, and its events per second. */
export function createMetrics(hub: DemoHub, publisher: Publisher): Metrics {
  const readings = [createCpu(), memory, () => connections(hub), createEvents(hub)];
  return {
    count: readings.length,
    publishOne(index) {
      const reading = readings[index]?.();
      if (reading !== undefined) publisher.publish(`metrics/${reading.metric}`, "metric", reading);
    },
  };
}

function createCpu(): () => Reading {
  let before = cpuTimes();
  return () => {
    const now = cpuTimes();
    const shares = now.map((core, i) => percent(core.busy - (before[i]?.busy ?? 0), core.all - (before[i]?.all ?? 0)));
    before = now;
    const value = shares.reduce((sum, share) => sum + share, 0) / Math.max(1, shares.length);
    return { metric: "cpu", value: round(value), cores: shares.slice(0, 16).map(round) };
  };
}

function cpuTimes(): { busy: number; all: number }[] {
  return cpus().map(({ times }) => {
    const all = times.user + times.nice + times.sys + times.idle + times.irq;
    return { busy: all - times.idle, all };
  });
}

function memory(): Reading {
  const total = totalmem();
  const used = total - freemem();
  return { metric: "memory", value: round(percent(used, total)), used, total, process: process.memoryUsage.rss() };
}

function connections(hub: DemoHub): Reading {
  const { subscribers, subscribersByState } = hub.stats();
  return { metric: "connections", value: subscribers, ...subscribersByState };
}

function createEvents(hub: DemoHub): () => Reading {
  let before = { published: hub.stats().published, delivered: hub.stats().delivered, time: performance.now() };
  return () => {
    const { published, delivered } = hub.stats();
    const now = { published, delivered, time: performance.now() };
    const seconds = Math.max(0.001, (now.time - before.time) / 1000);
    const perSecond = (published - before.published) / seconds;
    const deliveredPerSecond = (delivered - before.delivered) / seconds;
    before = now;
    return { metric: "events", value: round(perSecond), delivered: round(deliveredPerSecond), published };
  };
}

function percent(part: number, whole: number): number {
  return whole <= 0 ? 0 : Math.min(100, Math.max(0, (100 * part) / whole));
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
