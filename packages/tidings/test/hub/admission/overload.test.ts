import { describe, expect, onTestFinished, test } from "vitest";

import { checkShedding, Overload } from "../../../src/hub/admission/overload.ts";
import { createHub, type Hub, type HubOptions } from "../../../src/index.ts";
import { request, Stream } from "../../stream.ts";
import { ClockedRuntime } from "./clock.ts";

const TIMES = { delay: 250, after: 5_000 };

/** A measure on a loop that was free for ten seconds. */
function measure(isNeeded = (): boolean => true): { runtime: ClockedRuntime; overload: Overload } {
  const runtime = new ClockedRuntime();
  const overload = new Overload(TIMES, runtime, isNeeded);
  overload.start();
  runtime.free(10_000);
  return { runtime, overload };
}

/** Seconds, each with one block of so long. */
function seconds(runtime: ClockedRuntime, count: number, block: number): void {
  for (let n = 0; n < count; n++) {
    runtime.blocked(block);
    runtime.free(1_000 - block);
  }
}

describe("an event loop is overloaded", () => {
  test("after five seconds with more than one in a hundred moments beyond the delay", () => {
    const { runtime, overload } = measure();
    seconds(runtime, 4, 320);
    expect(overload.isOverloaded).toBe(false);
    seconds(runtime, 2, 320);
    expect(overload.isOverloaded).toBe(true);
  });

  test("also when it never comes to rest", () => {
    const { runtime, overload } = measure();
    for (let n = 0; n < 20; n++) runtime.blocked(400);
    expect(overload.isOverloaded).toBe(true);
  });

  test.for([
    ["by blocks that are shorter than the delay, however many", 240, 60],
    ["by blocks that are hardly longer: fewer than one moment in a hundred waits longer", 255, 60],
  ] as const)("not %s", ([, block, count]) => {
    const { runtime, overload } = measure();
    seconds(runtime, count, block);
    expect(overload.isOverloaded).toBe(false);
  });

  test("not by one pause, however long: a machine that slept is awake", () => {
    const { runtime, overload } = measure();
    runtime.blocked(3_600_000);
    runtime.free(10_000);
    expect(overload.isOverloaded).toBe(false);
  });

  test("not by bad seconds with good ones between", () => {
    const { runtime, overload } = measure();
    for (let n = 0; n < 10; n++) {
      seconds(runtime, 4, 400);
      runtime.free(1_500);
    }
    expect(overload.isOverloaded).toBe(false);
  });

  test("until it was below half of the delay for five seconds, and not a moment of less", () => {
    const { runtime, overload } = measure();
    seconds(runtime, 6, 400);
    expect(overload.isOverloaded).toBe(true);
    // Better, but not well.
    seconds(runtime, 30, 200);
    expect(overload.isOverloaded).toBe(true);
    seconds(runtime, 4, 100);
    expect(overload.isOverloaded).toBe(true);
    seconds(runtime, 2, 100);
    expect(overload.isOverloaded).toBe(false);
  });

  test("for no longer than someone is interested, unless it is overloaded", () => {
    let needed = true;
    const { runtime, overload } = measure(() => needed);
    seconds(runtime, 6, 400);
    needed = false;
    runtime.free(3_000);
    expect([overload.isOverloaded, runtime.timers]).toEqual([true, 1]);
    runtime.free(3_000);
    expect([overload.isOverloaded, runtime.timers]).toEqual([false, 0]);
    // What was measured then does not count now.
    needed = true;
    overload.start();
    seconds(runtime, 4, 400);
    expect(overload.isOverloaded).toBe(false);
    overload.stop();
    expect(runtime.timers).toBe(0);
  });
});

test.for([{ delay: 1 }, { delay: "1h" }, { after: 100 }, { delay: "soon" }])("shedding by %j cannot be", (shed) => {
  expect(() => checkShedding(shed)).toThrow(expect.objectContaining({ code: "bad-option" }));
});

function hubOf(options: HubOptions): Hub {
  const hub = createHub(options);
  onTestFinished(() => hub.close({ drain: 0 }));
  return hub;
}

const OURS = "?client=tidings/0.1.0";

describe("a hub whose event loop is blocked", { timeout: 60_000 }, () => {
  test("refuses new streams, keeps those that it has, and takes new ones when it has been well again", async () => {
    const hub = hubOf({ shed: { delay: 100, after: 1_000 } });
    const within = new Stream(await hub.fetch(request(), { topics: ["a"] }));
    await within.live();

    let blocking = true;
    const block = (): void => {
      const end = performance.now() + 250;
      while (performance.now() < end);
      if (blocking) setImmediate(block);
    };
    block();
    await expect.poll(() => hub.stats().overloaded, { timeout: 20_000 }).toBe(true);

    const native = await hub.fetch(request(), { topics: ["a"] });
    expect([native.status, await native.text()]).toEqual([200, expect.stringMatching(/^retry: \d+\n\n$/)]);
    const ours = await hub.fetch(request(undefined, OURS), { topics: ["a"] });
    expect([ours.status, await ours.json()]).toMatchObject([503, { code: "overloaded" }]);
    expect(Number(ours.headers.get("Retry-After"))).toBeGreaterThanOrEqual(1);
    expect(hub.stats()).toMatchObject({ subscribers: 1, refused: { overload: 2 } });
    await hub.publish("a", { data: "1" });
    expect((await within.events(1)).map(({ data }) => data)).toEqual(["1"]);

    blocking = false;
    await expect.poll(() => hub.stats().overloaded, { timeout: 30_000 }).toBe(false);
    const late = new Stream(await hub.fetch(request(undefined, OURS), { topics: ["a"] }));
    await late.live();
  });

  test("refuses nobody where shedding is off", async () => {
    const runtime = new ClockedRuntime();
    const off = hubOf({ runtime, shed: false });
    const on = hubOf({ runtime });
    for (const hub of [off, on]) await hub.fetch(request(), { topics: ["a"] });
    seconds(runtime, 7, 500);
    expect([off.stats().overloaded, on.stats().overloaded]).toEqual([false, true]);
    expect((await off.fetch(request(undefined, OURS), { topics: ["a"] })).status).toBe(200);
    expect((await on.fetch(request(undefined, OURS), { topics: ["a"] })).status).toBe(503);
  });
});
