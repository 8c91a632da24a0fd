import { deepEqual, equal, match } from "node:assert/strict";

import type { FaultOutcome, StorageFault } from "./fault.ts";
import { HubOnDisk, problem } from "./hub-on-disk.ts";
import { until } from "../until.ts";

/** The disk fails a sync; what that was for is lost, and the next sync that works does not bring it back. */
export const failingSync: StorageFault = failing("fsync fails with EIO", 0);

/** The events are on the disk, and the write fails that makes them count: LMDB's second sync of a commit. */
export const failingCommit: StorageFault = failing("the write that ends a commit fails with EIO", 1);

/** @param spared how many syncs come before the first that fails */
function failing(name: string, spared: number): StorageFault {
  return { name, run: () => fail(spared) };
}

async function fail(spared: number): Promise<FaultOutcome> {
  const hub = await HubOnDisk.start();
  try {
    for (const data of ["one", "two"]) equal((await hub.publish(data, { key: data })).status, 200);
    const reader = hub.stream();
    await reader.untilLive();
    hub.disk.troubles.failSyncs("EIO", spared);
    const refused = problem(await hub.publish("three", { key: "three" }));
    match(refused, /^503 log-failed$/);
    await hub.untilReady(false);
    const again = problem(await hub.publish("four", { key: "four" }));
    match(again, /^503 /);
    // Readers go on, those that are there and those that come.
    deepEqual([reader.data, reader.ended], [["one", "two"], undefined]);
    deepEqual((await hub.everything()).data, ["one", "two"]);
    const failures = hub.disk.troubles.failures;
    hub.disk.troubles.healSyncs();
    const begun = performance.now();
    await hub.untilReady(true);
    const recovered = Math.round(performance.now() - begun);
    for (const data of ["three", "four", "five"]) equal((await hub.publish(data, { key: data })).status, 200);
    await reader.untilHas("five");
    const delivered = reader.data.toSorted();
    deepEqual(delivered, ["one", "two", "three", "four", "five"].toSorted());
    // What counts is on the disk, and not in the system's memory alone.
    const before = reader.events.map(({ place, data }) => ({ place, data }));
    reader.close();
    await hub.cutPower();
    await hub.start();
    deepEqual((await hub.everything()).events, before);
    await until(() => hub.isReady(), "it is ready");
    return {
      publisher: `${refused}, then ${again} while it lasted; 200 with the same keys afterwards, each once`,
      readers:
        "all that was acknowledged, live and replayed, meanwhile; nothing that was refused before it was published again",
      recovery: `not ready meanwhile (${failures} syncs failed); ready ${recovered} ms after the disk; nothing lost in a power cut after it`,
    };
  } finally {
    await hub.remove();
  }
}
