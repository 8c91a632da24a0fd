import { expect, test } from "vitest";

import { startFarSide } from "./far-side.ts";

/** What the kernel may hold for a connection, in bytes. */
const MOST = 512 * 1024;
const patience = { timeout: 30_000, interval: 50 };

test(
  "of clients that do not read the kernel holds half a mebibyte each; when they do, they get everything",
  { timeout: 60_000 },
  async () => {
    const far = await startFarSide({ heartbeat: 15_000 });
    for (const name of ["a", "b", "c"]) await far.open(name, "IPv4", "never");
    await far.open("through the response", "mapped IPv4", "never", 2, "/patched");
    await far.open("reads", "mapped IPv4", "fast");
    // More than the kernel would take if it were left to it, in small events and in large ones.
    expect(await far.publish(4_000, 250)).toBeLessThanOrEqual(MOST);
    expect(await far.publish(80, 60_000)).toBeLessThanOrEqual(MOST);
    const everything = { events: 4_080, inOrder: true, confessions: 0, closed: false };
    await expect.poll(() => far.seen("reads"), patience).toMatchObject(everything);
    for (const name of ["a", "b", "c", "through the response"]) await far.read(name);
    for (const name of ["a", "b", "c", "through the response"]) {
      await expect.poll(() => far.seen(name), patience).toMatchObject(everything);
    }
    await expect.poll(async () => (await far.stats()).subscribersByState.live).toBe(5);
  },
);

test("a client that reads slowly, but steadily, gets everything", { timeout: 60_000 }, async () => {
  const far = await startFarSide({ heartbeat: 15_000 });
  await far.open("slow", "IPv4", 10_000);
  expect(await far.publish(4_000, 1_000)).toBeLessThanOrEqual(MOST);
  expect((await far.stats()).subscribersByState.catchingUp).toBe(1);
  await expect.poll(() => far.seen("slow"), patience).toMatchObject({ events: 4_000, inOrder: true, confessions: 0 });
  await expect.poll(async () => (await far.stats()).subscribersByState.live).toBe(1);
});
