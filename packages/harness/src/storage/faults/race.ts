import { deepEqual, equal } from "node:assert/strict";

import type { FaultOutcome, StorageFault } from "./fault.ts";
import { HubOnDisk } from "./hub-on-disk.ts";

const EVENTS = 200;

/** Two processes open one folder at the same moment, and both publish. */
export const race: StorageFault = {
  name: "two processes race for one directory",
  async run(): Promise<FaultOutcome> {
    const one = await HubOnDisk.start();
    await one.kill();
    const other = one.another();
    try {
      await Promise.all([one.start(), other.start()]);
      const streams = [one.stream(), other.stream()];
      for (const stream of streams) await stream.untilLive();
      const published: string[] = [];
      const publish = async (hub: HubOnDisk, name: string): Promise<void> => {
        for (let index = 0; index < EVENTS; index++) {
          const data = `${name} ${index}`;
          // The same key to both at once, every other time.
          const both = index % 2 === 0 ? [one, other] : [hub];
          const shared = index % 2 === 0 ? `both ${index}` : data;
          const answers = await Promise.all(both.map((each) => each.publish(shared, { key: shared })));
          for (const { status, body } of answers) equal(status, 200, body);
          published.push(shared);
        }
      };
      await Promise.all([publish(one, "one"), publish(other, "other")]);
      const all = [...new Set(published)].toSorted();
      await one.publish("the end");
      for (const stream of streams) await stream.untilHas("the end");
      const [first = [], second = []] = streams.map((stream) => stream.events);
      deepEqual(first, second);
      deepEqual(streams[0]?.data.slice(0, -1).toSorted(), all);
      for (const [index, { place }] of first.entries()) equal(place.offset, index + 1);
      for (const stream of streams) stream.close();
      // And once more after a restart of both.
      await Promise.all([one.kill(), other.kill()]);
      await Promise.all([one.start(), other.start()]);
      const again = await Promise.all([one, other].map((hub) => hub.publish("both 0", { key: "both 0" })));
      for (const { body } of again) equal((JSON.parse(body) as { duplicate?: boolean }).duplicate, true, body);
      deepEqual((await other.everything()).events, first);
      return {
        publisher: `200 from either for each of ${all.length} events; a key sent to both at once, and again after a restart: one event`,
        readers: "the same events in the same order from both, no offset twice and none left out",
        recovery: "nothing to recover: one of them appends, and the other one's publications go through it",
      };
    } finally {
      await other.kill();
      await one.remove();
    }
  },
};
