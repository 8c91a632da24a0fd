import { equal, ok } from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";

import type { FaultOutcome, StorageFault } from "./fault.ts";
import { HubOnDisk } from "./hub-on-disk.ts";

const DELAY = 500;
const EVENTS = 100;

/** The disk takes half a second for a sync. */
export const slowSync: StorageFault = {
  name: `fsync takes ${DELAY} ms`,
  async run(): Promise<FaultOutcome> {
    const hub = await HubOnDisk.start();
    try {
      equal((await hub.publish("before")).status, 200);
      const reader = hub.stream();
      await reader.untilLive();
      hub.disk.troubles.syncDelay = DELAY;
      const syncs = hub.disk.troubles.syncs;
      const data = Array.from({ length: EVENTS }, (_, index) => `event ${index}`);
      const answers = Promise.all(data.map((each) => hub.publish(each, { key: each })));
      // Readers and probes do not wait for the disk.
      const probes: number[] = [];
      const isDone = (): Promise<boolean> => Promise.race([answers.then(() => true), pause(20, false)]);
      while (!(await isDone())) {
        probes.push((await hub.ask("GET", "/healthz")).ms);
        equal((await hub.everything()).data[0], "before");
      }
      const answered = await answers;
      for (const { status } of answered) equal(status, 200);
      const slowest = Math.round(Math.max(...answered.map(({ ms }) => ms)));
      const fastest = Math.round(Math.min(...answered.map(({ ms }) => ms)));
      // A commit syncs its data and what names it; no acknowledgement comes before both.
      ok(fastest >= DELAY, `an acknowledgement after ${fastest} ms`);
      const used = hub.disk.troubles.syncs - syncs;
      ok(used < EVENTS, `${used} syncs for ${EVENTS} events`);
      await reader.untilHas(data.at(-1) ?? "");
      equal(new Set(reader.data).size, EVENTS + 1);
      reader.close();
      hub.disk.troubles.syncDelay = 0;
      ok((await hub.publish("after")).ms < DELAY);
      return {
        publisher: `${EVENTS} at once: 200 for each after ${fastest} to ${slowest} ms, ${used} syncs in all`,
        readers: `each event once it was synced; replays and probes meanwhile within ${Math.round(Math.max(...probes))} ms`,
        recovery: "as fast as before with the next event",
      };
    } finally {
      await hub.remove();
    }
  },
};
