import { expect, test } from "vitest";

import { startFarSide } from "./far-side.ts";

const HEARTBEAT = 1_000;
/** For a dead one to be found, as it is promised. */
const soon = { timeout: 2 * HEARTBEAT + 5_000, interval: 50 };
/** A window that is closed is probed. */
const PROBE = "04";

test(
  "clients that vanish are found dead within two heartbeats, whatever their streams go through",
  { timeout: 60_000 },
  async () => {
    const far = await startFarSide({ heartbeat: HEARTBEAT });
    await far.open("well", "IPv4");
    await far.open("IPv4", "IPv4", 3);
    await far.open("mapped", "mapped IPv4", 3);
    await far.open("IPv6", "IPv6");
    await far.open("through the response", "IPv4", 3, "/patched");
    await far.openHttp2(3);
    await expect.poll(far.table).toHaveLength(6);
    await far.vanish("10.77.0.3/24");
    await far.vanish("fd77::2/64");
    await expect.poll(async () => (await far.stats()).closed, soon).toMatchObject({ dead: 6, client: 0 });
    // What the kernel held for them is gone as well.
    expect(await far.table()).toHaveLength(1);
    expect(await far.stats()).toMatchObject({ subscribers: 1 });
    await far.publish(10, 10);
    await expect.poll(() => far.seen("well")).toMatchObject({ events: 10, inOrder: true, closed: false });
  },
);

test(
  "a client that vanishes while much is published is dead, one with a closed window for as long is not",
  { timeout: 120_000 },
  async () => {
    const far = await startFarSide({ heartbeat: HEARTBEAT });
    await far.open("asleep", "IPv4");
    await far.stop("asleep");
    await far.open("gone", "IPv4", 3);
    await far.publish(2_000, 1_000);
    await expect.poll(() => far.seen("gone")).toMatchObject({ events: 2_000 });
    await expect.poll(far.table).toContainEqual(expect.objectContaining({ timer: PROBE }));
    await far.vanish("10.77.0.3/24");
    await far.publish(2_000, 1_000);
    await expect.poll(async () => (await far.stats()).closed.dead, soon).toBe(1);
    expect(await far.table()).toMatchObject([{ timer: PROBE }]);
    expect(await far.stats()).toMatchObject({ subscribers: 1, gaps: 0 });
    await far.read("asleep");
    await expect.poll(() => far.seen("asleep"), soon).toMatchObject({ events: 4_000, inOrder: true, confessions: 0 });
  },
);
