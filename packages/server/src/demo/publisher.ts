import type { DemoHub } from "./demo-hub.ts";

/** Publishes what the demo has to say, numbered. */
export interface Publisher {
  /**
   * Publishes an event to `demo/<topic>`. `seq` (one counter over all of them, from 1), `run` (which publisher counts) and
   * `at` (ms since 1970) are put first into its data: by the first two the page can tell whether one is missing, by `at`
   * it knows where a late one belongs.
   */
  publish(topic: string, event: string, data: Readonly<Record<string, unknown>>): void;
}

/** A publisher on a hub. What the hub refuses leaves a hole in `seq`, which the page then shows as lost: it is. */
export function createPublisher(hub: DemoHub): Publisher {
  let seq = 0;
  const run = Date.now().toString(36);
  return {
    publish(topic, event, data) {
      seq += 1;
      const stamped = { seq, run, at: Date.now(), ...data };
      hub.publish(`demo/${topic}`, { event, data: stamped }).catch(() => {
        // The hub is closing. There is no one left to tell.
      });
    },
  };
}
