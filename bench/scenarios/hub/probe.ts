import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Hub } from "tidings";
import { createDataWriter, monotonicMicros } from "./event-data.ts";
import type { ProbeReport } from "./calls.ts";

/** A publisher that watches how long it waits. */
export interface Probe {
  stop(): ProbeReport;
}

/**
 * Publishes a numbered event every few milliseconds and takes the time from the moment at which it was due to the answer: what
 * the event loop did meanwhile is part of it.
 */
export function probePublishing(hub: Hub, topic: string, everyMs: number): Probe {
  const write = createDataWriter(60);
  let sequence = 0;
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  let publishes = 0;
  let longestWaitMs = 0;
  let dueAt = performance.now() + everyMs;
  const publish = (): void => {
    const due = dueAt;
    void hub.publish(topic, { data: write(sequence++, monotonicMicros()) }).then(() => {
      publishes++;
      longestWaitMs = Math.max(longestWaitMs, performance.now() - due);
    });
    dueAt = performance.now() + everyMs;
    timer = setTimeout(publish, everyMs);
  };
  let timer = setTimeout(publish, everyMs);
  return {
    stop: () => {
      clearTimeout(timer);
      delay.disable();
      return {
        publishes,
        longestWaitMs,
        loopDelayP99Ms: delay.percentile(99) / 1_000_000,
        loopDelayMaxMs: delay.max / 1_000_000,
      };
    },
  };
}
