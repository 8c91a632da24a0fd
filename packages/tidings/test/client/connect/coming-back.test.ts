import { expect, test } from "vitest";

import { createAsking } from "../../../src/client/connect/asking.ts";
import { ClientError } from "../../../src/client/index.ts";
import { HandClock } from "../hand-clock.ts";
import { open, plain, serve } from "../scripted-server.ts";
import { client } from "./hub-server.ts";

const LIVE = 'id: 1\nevent: tidings:cursor\ndata: {"heartbeat":15000}\n\nid: 1\nevent: tidings:live\ndata\n\n';

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

test("the status tells that it connects from when an attempt begins, and when the next one is", async () => {
  const { url, requests } = await serve(open(LIVE), plain(401, undefined), open(LIVE));
  const tokens: ((token: string) => void)[] = [];
  const asked = (times: number): Promise<void> => expect.poll(() => tokens.length).toBe(times);
  const clock = new HandClock();
  const tidings = client(url, { clock, token: () => new Promise((resolve) => tokens.push(resolve)) });
  const told: unknown[] = [];
  tidings.status.subscribe(() => {
    const { state, retryAt } = tidings.status.getSnapshot();
    told.push(retryAt === undefined ? state : [state, retryAt]);
  });
  tidings.onAny("a", () => undefined);
  await expect.poll(() => told).toEqual(["connecting"]);
  await asked(1);
  tokens[0]?.("t1");
  await expect.poll(() => told).toEqual(["connecting", "replaying", "live"]);
  told.length = 0;
  tidings.reconnect();
  expect(told).toEqual(["connecting"]);
  await asked(2);
  tokens[1]?.("t2");
  await expect.poll(() => told).toEqual(["connecting", ["waiting", 0]]);
  clock.turn(0);
  expect(told).toEqual(["connecting", ["waiting", 0], "connecting"]);
  await asked(3);
  // One that was given up while its token was fetched asks for nothing any more.
  tidings.reconnect();
  await asked(4);
  tokens[3]?.("t4");
  await expect.poll(() => tidings.status.getSnapshot().state).toBe("live");
  tokens[2]?.("t3");
  await new Promise((resolve) => setImmediate(resolve));
  expect([tidings.status.getSnapshot().state, requests.length]).toEqual(["live", 3]);
});

test("a GET that is refused is not taken for a POST that another stream made", () => {
  const refusal = new ClientError("refused", "", { status: 404 });
  const asking = createAsking(new URL("http://hub.invalid/events"), () => ({}));
  const short = asking.of(() => ["a"]);
  const long = asking.of(() => Array.from({ length: 300 }, (_, n) => `topics/${n}`));
  short.url();
  long.url();
  expect([short, long, long].map(({ mistook }) => mistook(refusal))).toEqual([false, true, false]);
  expect(long.url().length).toBeGreaterThan(2_000);
});
