import { deepEqual, equal, ok } from "node:assert/strict";

import type { FaultOutcome, StorageFault } from "./fault.ts";
import { HubOnDisk } from "./hub-on-disk.ts";
import { until } from "../until.ts";

const HOUR = 3_600_000;
const AGE = 3_000;

/** The clock is set back by an hour, while the hub runs and for its next start. */
export const clockBack: StorageFault = {
  name: "the clock is set back an hour",
  async run(): Promise<FaultOutcome> {
    const hub = await HubOnDisk.start(["--max-age", `${AGE}ms`]);
    try {
      const reader = hub.stream();
      await reader.untilLive();
      const publish = async (...all: string[]): Promise<void> => {
        for (const data of all) equal((await hub.publish(data, { key: data })).status, 200);
      };
      await publish("one", "two");
      hub.disk.troubles.clockShift = -HOUR;
      await publish("three", "four");
      const same = JSON.parse((await hub.publish("one", { key: "one" })).body) as { duplicate?: boolean };
      equal(same.duplicate, true);
      await reader.untilHas("four");
      deepEqual(reader.data, ["one", "two", "three", "four"]);
      reader.close();
      // What was published before the change and after it goes when its time is over, and not an hour later.
      const begun = performance.now();
      await until(async () => (await hub.everything()).events.length === 0, "all are evicted by age");
      const evicted = performance.now() - begun;
      await hub.kill();
      await hub.start();
      await publish("five", "six");
      const after = await hub.everything();
      deepEqual(after.data, ["five", "six"]);
      deepEqual(
        after.events.map(({ place }) => place.offset),
        [5, 6],
      );
      await until(async () => (await hub.everything()).events.length === 0, "all are evicted by age again");
      hub.disk.troubles.clockShift = 0;
      await publish("seven");
      deepEqual((await hub.everything()).data, ["seven"]);
      ok(await hub.isReady());
      return {
        publisher: "200 as before; a key from before the change is still known",
        readers:
          "every event in order, offsets and cursors as if nothing had been; retention by age took what was old enough",
        recovery: `no event outlived --max-age ${AGE} ms by more than the look for it (${(evicted / 1_000).toFixed(1)} s), over a restart, too`,
      };
    } finally {
      await hub.remove();
    }
  },
};
