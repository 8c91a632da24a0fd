import { deepEqual, equal, match, ok } from "node:assert/strict";
import { rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { BrokenDisk } from "../disk/broken-disk.ts";
import type { FaultOutcome, StorageFault } from "./fault.ts";
import { HubOnDisk, problem } from "./hub-on-disk.ts";

const SIZE = 8_000_000;
const ROOM = 600_000;
const MOST = 200;

/** A file system that is really full: another file takes its room, and goes again. */
export const fullTmpfs: StorageFault = {
  name: "a small tmpfs is full",
  async run(): Promise<FaultOutcome> {
    const disk = await BrokenDisk.small(SIZE);
    if (disk === undefined) {
      const none = "not tried: mount is not permitted here";
      return { publisher: none, readers: none, recovery: none };
    }
    const hub = await HubOnDisk.start([], disk);
    try {
      const ballast = join(hub.log, "ballast");
      const { bavail, bsize } = statfsSync(hub.log);
      writeFileSync(ballast, Buffer.alloc(bavail * bsize - ROOM));
      const acknowledged: string[] = [];
      let status = 200;
      let refused = "";
      for (let count = 0; status === 200 && count < MOST; count++) {
        const data = `${count} ${"x".repeat(20_000)}`;
        const answer = await hub.publish(data, { key: String(count) });
        status = answer.status;
        if (status === 200) acknowledged.push(data);
        else refused = problem(answer);
      }
      match(refused, /^503 log-failed$/);
      ok(acknowledged.length > 3, `${acknowledged.length} had room`);
      await hub.untilReady(false);
      deepEqual((await hub.everything()).data, acknowledged);
      rmSync(ballast);
      await hub.untilReady(true);
      equal((await hub.publish("on", { key: String(acknowledged.length + 1) })).status, 200);
      const after = (await hub.everything()).data.filter((data) => acknowledged.includes(data));
      deepEqual(after, acknowledged);
      await hub.kill();
      await hub.start();
      equal((await hub.everything()).data.at(-1), "on");
      return {
        publisher: `${acknowledged.length} times 200, then ${refused}; 200 again when there was room`,
        readers: "all that was acknowledged, replayed, meanwhile",
        recovery: "not ready meanwhile; ready when there was room, without a restart",
      };
    } finally {
      await hub.remove();
    }
  },
};
