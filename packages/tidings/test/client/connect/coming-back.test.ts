import { expect, test } from "vitest";

import { HandClock } from "../hand-clock.ts";
import { open, plain, serve } from "../scripted-server.ts";
import { client } from "./hub-server.ts";

test("a server that does not answer, or falls silent before it has announced a heartbeat, is given up", async () => {
  const { url, requests } = await serve(() => undefined, open(":\n\n"), open());
  const clock = new HandClock();
  const tidings = client(url, { clock, random: () => 0 });
  tidings.onAny("a", () => undefined);
  const state = (): string => tidings.status.getSnapshot().state;
  for (const [index, before] of ["connecting", "replaying"].entries()) {
    await expect.poll(() => [requests.length, state()]).toEqual([index + 1, before]);
    clock.turn(44_999);
    expect(state()).toBe(before);
    clock.turn(1);
    expect(tidings.status.getSnapshot()).toMatchObject({ state: "waiting", error: { code: "silent" } });
    clock.turn(250);
  }
  await expect.poll(() => requests.length).toBe(3);
});

test("what is undefined among the options of retry is the default", async () => {
  const { url, requests } = await serve(plain(503, undefined), open());
  const clock = new HandClock();
  const tidings = client(url, { clock, retry: { base: undefined, retryable: undefined } });
  tidings.onAny("a", () => undefined);
  await expect.poll(() => tidings.status.getSnapshot().state).toBe("waiting");
  clock.turn(3_000);
  await expect.poll(() => requests.length).toBe(2);
});
