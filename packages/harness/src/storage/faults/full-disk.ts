import { deepEqual, equal, match, ok } from "node:assert/strict";
import { statSync } from "node:fs";

import type { FaultOutcome, StorageFault } from "./fault.ts";
import { type Answer, HubOnDisk, problem } from "./hub-on-disk.ts";

const ROOM = 400_000;
const MOST = 200;

/** The disk has no more room for what is published, and gets some again. */
export const fullDisk: StorageFault = {
  name: "the disk is full",
  async run(): Promise<FaultOutcome> {
    const hub = await HubOnDisk.start();
    try {
      const acknowledged: string[] = [];
      const publish = async (): Promise<Answer> => {
        const data = `${acknowledged.length} ${"x".repeat(20_000)}`;
        const answer = await hub.publish(data, { key: String(acknowledged.length) });
        if (answer.status === 200) acknowledged.push(data);
        return answer;
      };
      equal((await publish()).status, 200);
      const reader = hub.stream();
      await reader.untilLive();
      hub.disk.troubles.room = statSync(hub.data).size + ROOM;
      let refused = await publish();
      for (let count = 0; refused.status === 200 && count < MOST; count++) refused = await publish();
      match(problem(refused), /^503 log-failed$/);
      ok(acknowledged.length > 3, `${acknowledged.length} had room`);
      await hub.untilReady(false);
      equal(problem(await publish()), problem(refused));
      deepEqual((await hub.everything()).data, acknowledged);
      equal(reader.ended, undefined);
      const before = acknowledged.length;
      hub.disk.troubles.room = 0;
      await hub.untilReady(true);
      for (let count = 0; count < 5; count++) equal((await publish()).status, 200);
      await reader.untilHas(acknowledged.at(-1) ?? "");
      deepEqual(reader.data, acknowledged);
      reader.close();
      await hub.cutPower();
      await hub.start();
      deepEqual((await hub.everything()).data, acknowledged);
      return {
        publisher: `${before} times 200, then ${problem(refused)}; 200 with the same key when there was room`,
        readers: "all that was acknowledged, live and replayed, meanwhile",
        recovery: "not ready meanwhile; ready when there was room; nothing lost in a power cut after it",
      };
    } finally {
      await hub.remove();
    }
  },
};
