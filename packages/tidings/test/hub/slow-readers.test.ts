import { afterEach, describe, expect, test } from "vitest";
import { createHub, memoryLog, type Hub, type HubOptions, type StreamOptions } from "../../src/index.ts";
import { systemRuntime, type Runtime } from "../../src/hub/runtime.ts";
import type { Frame } from "../frames.ts";
import { request, Stream } from "../stream.ts";

const TEXT = "x".repeat(20_000);
let hub: Hub = createHub();

afterEach(() => hub.close({ drain: 100 }));

/** The real event loop, with a clock that the test moves. */
class MovedClock implements Runtime {
  readonly #system = systemRuntime();
  #elapsed = 0;
  #timers: { at: number; task: () => void }[] = [];

  now = (): number => this.#system.now();
  random = (): number => this.#system.random();
  defer = (task: () => void): void => this.#system.defer(task);
  elapsed = (): number => this.#elapsed;

  // A hub that closes waits by the real clock.
  after = (ms: number, task: () => void, holds = false): (() => void) => {
    if (holds) return this.#system.after(ms, task, holds);
    const timer = { at: this.#elapsed + ms, task };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((each) => each !== timer);
    };
  };

  move(ms: number): void {
    this.#elapsed += ms;
    const due = this.#timers.filter(({ at }) => at <= this.#elapsed);
    this.#timers = this.#timers.filter(({ at }) => at > this.#elapsed);
    for (const { task } of due) task();
  }
}

function make(options: HubOptions = {}): void {
  hub = createHub(options);
}

async function open(options: Partial<StreamOptions>, lastEventId?: string): Promise<Stream> {
  const stream = new Stream(await hub.fetch(request(lastEventId), { topics: ["a", "b", "c"], ...options }));
  await stream.live();
  return stream;
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** Publishes one by one, so that every event has a flush of its own. Answers the ids. */
async function publish(topic: string | string[], ...data: string[]): Promise<string[]> {
  const ids: string[] = [];
  for (const each of data) {
    ids.push((await hub.publish(topic, { data: `${each} ${TEXT}` })).id);
    await turns();
  }
  return ids;
}

/** Fills a stream that is not read. */
async function fill(): Promise<string> {
  const ids = await publish("a", "fill 1", "fill 2", "fill 3", "fill 4");
  expect(hub.stats().subscribersByState.catchingUp).toBe(1);
  return ids.at(-1) ?? "";
}

function word({ event, data, id, cursor }: Frame): string {
  const text = event === "message" ? (data ?? "").replace(/ x+$/, "") : event.replace("tidings:", "");
  return `${text}${id === undefined ? " without id" : ""}${cursor === undefined ? "" : ", cursor"}`;
}

describe("latest", () => {
  test("gives a stalled reader the newest event of each topic, and the gap that says so", async () => {
    make();
    const stream = await open({ policy: "latest" });
    const before = stream.frames.length;
    const filled = await fill();
    await publish("a", "a1", "a2");
    await publish("b", "b1");
    const [a3] = await publish("a", "a3");
    const [b2] = await publish("b", "b2");
    await publish("other", "not asked for");
    const last = hub.stats().head;
    await stream.until((frames) => frames.at(-1)?.id === last);
    expect(stream.frames.slice(before + 4).map(word)).toEqual([
      "gap without id",
      "a3 without id, cursor",
      "b2 without id, cursor",
      "cursor",
    ]);
    const [gap, one, other] = stream.frames.slice(before + 4);
    expect(JSON.parse(gap?.data ?? "")).toEqual({ reason: "skipped", after: filled, through: last });
    expect([one?.cursor, other?.cursor]).toEqual([a3, b2]);
    const [next] = await publish("c", "c1");
    await stream.until((frames) => frames.at(-1)?.id === next);
    expect(hub.stats().gaps).toBe(1);
  });

  test("passes nothing over, and says nothing, where each topic has one new event", async () => {
    make();
    const stream = await open({ policy: "latest" });
    const before = stream.frames.length;
    await fill();
    await publish("b", "b1");
    const [id] = await publish(["a", "c"], "both");
    await stream.until((frames) => frames.at(-1)?.id === id);
    expect(stream.frames.slice(before + 4).map(word)).toEqual(["b1", "both"]);
    expect(hub.stats().gaps).toBe(0);
  });

  test("keeps an event that is the newest of one of its topics", async () => {
    make();
    const stream = await open({ policy: "latest" });
    const before = stream.frames.length;
    await fill();
    await publish(["a", "c"], "both");
    const [id] = await publish("a", "a1");
    await stream.until((frames) => frames.at(-1)?.id === id);
    expect(stream.frames.slice(before + 4).map(word)).toEqual(["both", "a1"]);
  });

  test("does so for one who comes back with a cursor, again if cut meanwhile, and not for one who wants all", async () => {
    make({ log: memoryLog({ maxEvents: 3 }) });
    const [first, , , , newest] = await publish("a", "a1", "a2", "a3", "a4", "a5");
    for (let round = 0; round < 2; round++) {
      const stream = await open({ policy: "latest" }, first);
      expect(stream.frames.map(word)).toEqual(["cursor", "gap without id", "a5 without id, cursor", "cursor", "live"]);
      expect(stream.frames[0]?.id).toBe(first);
      expect(stream.lastEventId).toBe(newest);
      await stream.cancel();
    }
    const all = await open({ policy: "latest", from: "earliest" });
    expect(all.frames.map(word)).toEqual(["cursor", "a3", "a4", "a5", "live"]);
  });

  test("tells a reset, and then the newest of what this history has", async () => {
    make();
    await publish("a", "a1", "a2");
    const stream = await open({ policy: "latest" }, "another-1-1");
    expect(stream.frames.map(word)).toEqual([
      "cursor without id",
      "reset",
      "gap without id",
      "a2 without id, cursor",
      "cursor",
      "live",
    ]);
  });

  test("gives an application that has a snapshot the snapshot", async () => {
    make();
    const stream = await open({ policy: "latest", snapshot: () => ({ data: "state" }) });
    const before = stream.frames.length;
    await fill();
    await publish("a", "a1", "a2");
    const last = hub.stats().head;
    await stream.until((frames) => frames.at(-1)?.id === last);
    expect(stream.frames.slice(before + 4).map(word)).toEqual(["gap without id", "state without id", "cursor"]);
  });
});

describe("disconnect", () => {
  test("cuts who does not keep up; with its cursor it gets what it missed", async () => {
    make();
    const stream = await open({ policy: "disconnect" });
    const ids = await publish("a", "1", "2", "3", "4", "5");
    await expect(stream.until(() => false)).rejects.toThrow("The stream was cut");
    expect(hub.stats()).toMatchObject({ subscribers: 0, bufferedBytes: 0, closed: { slow: 1 } });
    const again = await open({ policy: "disconnect" }, ids[0]);
    expect(again.frames.map(word)).toEqual(["cursor", "2", "3", "4", "5", "live"]);
  });
});

describe("a policy", () => {
  test("that there is not is refused", async () => {
    make();
    const wrong = { topics: ["a"], policy: "newest" } as unknown as StreamOptions;
    expect((await hub.fetch(request(), wrong)).status).toBe(400);
  });
});

describe("a stall", () => {
  test("ends a stream of which nothing was read for the limit, and not one that is read slowly", async () => {
    const clock = new MovedClock();
    make({ stall: "30s", runtime: clock });
    const stalled = await open({});
    const slow = await open({});
    await publish("a", ...Array.from({ length: 20 }, (_, index) => `${index}`));
    expect(hub.stats().subscribersByState.catchingUp).toBe(2);
    clock.move(20_000);
    await slow.more();
    clock.move(10_000);
    expect(hub.stats().closed.stalled).toBe(1);
    await expect(stalled.until(() => false)).rejects.toThrow("The stream was cut");
    expect(hub.stats().subscribers).toBe(1);
    await turns();
    clock.move(29_999);
    await slow.more();
    clock.move(29_999);
    expect(hub.stats().subscribers).toBe(1);
    clock.move(30_001);
    expect(hub.stats()).toMatchObject({ subscribers: 0, bufferedBytes: 0, closed: { stalled: 2 } });
  });
});

describe("the budget for buffered bytes", () => {
  test("is kept by cutting the one who is furthest behind", async () => {
    make({ bufferBudget: 250_000 });
    const streams: Stream[] = [];
    // Each falls behind at another place.
    for (const topic of ["a", "b", "c", "d"]) {
      streams.push(await open({ topics: [topic] }));
      await publish(topic, "1", "2", "3", "4");
      if (streams.length < 4)
        expect(hub.stats()).toMatchObject({ subscribers: streams.length, closed: { "over-budget": 0 } });
    }
    expect(hub.stats()).toMatchObject({ subscribers: 3, closed: { "over-budget": 1 } });
    expect(hub.stats().bufferedBytes).toBeLessThanOrEqual(250_000);
    await expect(streams[0]?.until(() => false)).rejects.toThrow("The stream was cut");
    await streams[1]?.more();
    expect(hub.stats().subscribers).toBe(3);
  });
});
