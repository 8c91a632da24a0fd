import { expect, test } from "vitest";

import { startFarSide } from "./far-side.ts";

/** What the kernel may hold for a connection, in bytes. */
const MOST = 512 * 1024;
const patience = { timeout: 60_000, interval: 50 };

test(
  "of clients that do not read the kernel holds half a mebibyte each; when they do, they get everything",
  {
    timeout: 120_000,
  },
  async () => {
    const far = await startFarSide({ heartbeat: 15_000 });
    const sick = ["a", "b", "through the response"];
    for (const name of sick) {
      await far.open(name, "IPv4", 3, name.includes(" ") ? "/patched" : "/");
      await far.stop(name);
    }
    await far.open("well", "mapped IPv4");
    // More than the kernel would take if it were left to it, in small events and in large ones.
    expect(await far.publish(4_000, 250)).toBeLessThanOrEqual(MOST);
    expect(await far.publish(80, 60_000)).toBeLessThanOrEqual(MOST);
    const everything = { events: 4_080, inOrder: true, confessions: 0, closed: false };
    await expect.poll(() => far.seen("well"), patience).toMatchObject(everything);
    expect((await far.stats()).subscribersByState).toEqual({ replaying: 0, live: 1, catchingUp: 3 });
    for (const name of sick) await far.read(name);
    for (const name of sick) await expect.poll(() => far.seen(name), patience).toMatchObject(everything);
    await expect.poll(async () => (await far.stats()).subscribersByState.live).toBe(4);
  },
);

test("a client that reads a little at a time gets everything", { timeout: 120_000 }, async () => {
  const far = await startFarSide({ heartbeat: 15_000 });
  await far.open("slow", "IPv4", 3);
  await far.stop("slow");
  expect(await far.publish(2_000, 1_000)).toBeLessThanOrEqual(MOST);
  expect((await far.stats()).subscribersByState.catchingUp).toBe(1);
  for (let read = 0; read < 5; read++) await far.read("slow", 250_000);
  expect((await far.stats()).closed).toMatchObject({ stalled: 0, dead: 0 });
  await far.read("slow");
  await expect.poll(() => far.seen("slow"), patience).toMatchObject({ events: 2_000, inOrder: true, confessions: 0 });
  await expect.poll(async () => (await far.stats()).subscribersByState.live).toBe(1);
});
