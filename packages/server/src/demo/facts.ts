import { cpus, loadavg, uptime } from "node:os";
import { PerformanceObserver, performance } from "node:perf_hooks";

import type { DemoHub } from "./demo-hub.ts";

import type { Publisher } from "./publisher.ts";

/** What there is to tell about this machine, this process and this hub: one fact after another. */
export interface Facts {
  publishNext(): void;
  close(): void;
}

const NUMBER = new Intl.NumberFormat("en");

/** Facts for the feed. Every one is measured when it is told; one that has nothing to say leaves its turn to the next. */
export function createFacts(hub: DemoHub, publisher: Publisher): Facts {
  const collections = watchCollections();
  const facts = [
    load,
    () => counted(hub),
    createBusy(),
    ownMemory,
    collections.since,
    () => resumes(hub),
    () => `This machine has been up for ${span(uptime())}, this process for ${span(process.uptime())}`,
  ];
  let next = 0;
  return {
    publishNext() {
      for (let tries = 0; tries < facts.length; tries += 1) {
        const text = facts[next % facts.length]?.();
        next += 1;
        if (text !== undefined) {
          publisher.publish("feed", "feed", { text });
          return;
        }
      }
    },
    close: collections.close,
  };
}

/** Windows has no load average: Node answers zeros there. */
function load(): string | undefined {
  const averages = loadavg();
  if (averages.every((average) => average === 0)) return undefined;
  const cores = cpus().length;
  const shown = averages.map((average) => average.toFixed(2)).join(", ");
  return `Load average ${shown} on ${cores === 1 ? "one core" : `${cores} cores`}`;
}

function counted(hub: DemoHub): string {
  const { published, delivered } = hub.stats();
  return `${NUMBER.format(published)} events published and ${NUMBER.format(delivered)} delivered since the hub began`;
}

function createBusy(): () => string {
  let before = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, before);
    const seconds = Math.round((now.active + now.idle - before.active - before.idle) / 1000);
    before = now;
    return `The hub's process was busy ${(100 * utilization).toFixed(1)} % of the last ${seconds} s`;
  };
}

function ownMemory(): string {
  const { rss, heapUsed } = process.memoryUsage();
  return `The hub's process takes ${megabytes(rss)} of memory, ${megabytes(heapUsed)} of it for JavaScript`;
}

function watchCollections(): { since(): string | undefined; close(): void } {
  let count = 0;
  let duration = 0;
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      count += 1;
      duration += entry.duration;
    }
  });
  observer.observe({ entryTypes: ["gc"] });
  return {
    since() {
      if (count === 0) return undefined;
      const times = count === 1 ? "once" : `${count} times`;
      const text = `Garbage was collected ${times}, which took ${duration.toFixed(1)} ms together`;
      count = 0;
      duration = 0;
      return text;
    },
    close: () => observer.disconnect(),
  };
}

function resumes(hub: DemoHub): string {
  const { gaps, resets } = hub.stats();
  if (gaps === 0 && resets === 0) return "No reader had to be told of a gap or a reset so far";
  return `Readers were told of ${NUMBER.format(gaps)} gaps and ${NUMBER.format(resets)} resets so far`;
}

function megabytes(bytes: number): string {
  return `${NUMBER.format(Math.round(bytes / 1_000_000))} MB`;
}

function span(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3_600)} h`;
  return `${NUMBER.format(Math.round(seconds / 86_400))} days`;
}
