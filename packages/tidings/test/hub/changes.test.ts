import { describe, expect, onTestFinished, test, vi } from "vitest";

import { createHub, memoryLog, type Hub, type HubOptions } from "../../src/index.ts";
import type { Followed, Log, Page, Position } from "../../src/hub/log/log.ts";
import { request, Stream } from "../stream.ts";
import { openNamed } from "./named-stream.ts";

const LONG = "x".repeat(20_000);

function hubOf(options: HubOptions = {}): Hub {
  const hub = createHub(options);
  onTestFinished(() => hub.close({ drain: 0 }));
  return hub;
}

async function publish(hub: Hub, topic: string, ...data: string[]): Promise<string[]> {
  return (await hub.publishBatch(data.map((each) => ({ topic, data: each })))).map(({ id }) => id);
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}

function offsetOf(cursor: string | undefined): number {
  return Number(cursor?.split("-")[1]);
}

describe("a stream's name", () => {
  test("is told to clients that name themselves, where the stream was served with changes, and to no one else", async () => {
    const hub = hubOf();
    const opening = async (query: string, changes?: boolean): Promise<unknown> => {
      const stream = new Stream(await hub.fetch(request(undefined, query), { topics: ["a"], changes }));
      return JSON.parse((await stream.live())[0]?.data ?? "");
    };
    expect(await opening("", true)).toEqual({ heartbeat: 15_000 });
    expect(await opening("?client=tidings/1")).toEqual({ heartbeat: 15_000 });
    expect(await opening("?client=other/1", true)).toEqual({ heartbeat: 15_000 });
    expect(await opening("?client=tidings/1", true)).toEqual({
      heartbeat: 15_000,
      stream: expect.stringMatching(/^[\w-]{36}$/),
    });
  });

  test("is another one each time, and is good for that stream as long as it lasts", async () => {
    const hub = hubOf();
    const [one, other] = [await openNamed(hub), await openNamed(hub)];
    expect(one.name).not.toBe(other.name);
    expect(one.name.slice(12)).not.toBe(other.name.slice(12));
    // Who has seen the log knows the first part alone.
    const guess = one.name.slice(0, 12) + other.name.slice(12);
    await expect(hub.change(guess, { add: ["b"] })).rejects.toMatchObject({ code: "unknown-stream" });
    for (const wrong of ["", one.name.slice(0, 12), one.name.slice(0, -1), `${one.name}A`, undefined, null, ["a"]]) {
      const change = hub.change(wrong as unknown as string, { add: ["b"] });
      await expect(change).rejects.toMatchObject({ code: "unknown-stream" });
    }
    await one.cancel();
    await expect(one.change(["b"])).rejects.toMatchObject({ code: "unknown-stream" });
    await other.live();
    const id = await other.change(["b"]);
    await other.comeTo(id);
    expect(hub.stats()).toMatchObject({ changes: 1, topics: 2 });
    await other.cancel();
    await turns();
    expect(hub.stats()).toMatchObject({ subscribers: 0, topics: 0 });
  });
});

describe("a change", () => {
  test("of a live stream takes effect at its cursor, and the stream is told", async () => {
    const hub = hubOf();
    const stream = await openNamed(hub);
    await stream.live();
    const bystander = new Stream(await hub.fetch(request(), { topics: ["a", "b"] }));
    await bystander.live();
    const calls = [
      hub.publish("b", { data: "b1" }),
      hub.publish("a", { data: "a1" }),
      stream.change(["b"], ["a"]),
      hub.publish("b", { data: "b2" }),
      hub.publish("a", { data: "a2" }),
      hub.publish("b", { data: "b3" }),
    ];
    await Promise.all(calls);
    const id = await calls[2];
    await stream.events(3);
    expect(stream.words).toEqual(["cursor", "live", "a1", "cursor", "b2", "b3"]);
    expect(stream.frames[3]).toMatchObject({ id, data: "" });
    expect(hub.stats().subscribersByState).toMatchObject({ live: 2 });
    expect((await bystander.events(5)).map(({ data }) => data)).toEqual(["b1", "a1", "b2", "a2", "b3"]);
  });

  test("is no reason to skip for who wants the latest, and keeps up", async () => {
    const hub = hubOf();
    const stream = await openNamed(hub, { policy: "latest" });
    await stream.live();
    const calls = [publish(hub, "a", "1", "2"), stream.change(["b"]), publish(hub, "a", "3", "4")];
    await Promise.all(calls);
    await stream.events(4);
    expect(stream.words).toEqual(["cursor", "live", "1", "2", "cursor", "3", "4"]);
    expect(hub.stats().gaps).toBe(0);
  });

  test("of a stream that is far behind waits for it, and so do those after it", async () => {
    const hub = hubOf();
    const stream = await openNamed(hub);
    await stream.live();
    for (const data of ["a1", "a2", "a3", "a4"]) {
      await hub.publish("a", { data: `${data} ${LONG}` });
      await turns();
    }
    expect(hub.stats().subscribersByState).toMatchObject({ catchingUp: 1 });
    await publish(hub, "b", "not b1");
    await publish(hub, "a", "a5");
    const first = await stream.change(["b"], ["a"]);
    await publish(hub, "a", "not a6");
    await publish(hub, "b", `b2 ${LONG}`, `b3 ${LONG}`);
    const second = await stream.change(["a", "c/*"], ["b"]);
    await publish(hub, "b", "not b4");
    await publish(hub, "c/d", "c1");
    await publish(hub, "a", "a7");
    await stream.events(9);
    const told = ["cursor", "live", "a1", "a2", "a3", "a4", "a5", "cursor", "b2", "b3", "cursor", "c1", "a7"];
    expect(stream.words).toEqual(told);
    expect([stream.frames[7]?.id, stream.frames[10]?.id]).toEqual([first, second]);
    expect(hub.stats().gaps).toBe(0);
  });

  test("of a stream that does not read is refused when there are many before it, until it reads on", async () => {
    const hub = hubOf();
    const stream = await openNamed(hub);
    await stream.live();
    for (let n = 0; n < 4; n++) await publish(hub, "a", `a${n} ${LONG}`);
    await turns();
    const made = await Promise.all(Array.from({ length: 60 }, (_, n) => stream.change([`t${n}`])));
    const more = await Promise.allSettled(Array.from({ length: 6 }, (_, n) => stream.change([`u${n}`], [`t${n}`])));
    expect(more.map(({ status }) => status)).toEqual([...Array<string>(4).fill("fulfilled"), "rejected", "rejected"]);
    const late = await stream.change(["late"]).catch((error: unknown) => error);
    expect(late).toMatchObject({ code: "rate-limited", retryAfter: expect.any(Number) });
    await hub.publishBatch(["t0", "t4", "u0", "u4", "late"].map((topic) => ({ topic, data: topic })));
    await stream.events(6);
    expect(stream.words.filter((word) => word !== "cursor")).toEqual(["live", "a0", "a1", "a2", "a3", "t4", "u0"]);
    expect(made.every((cursor) => stream.frames.some(({ id }) => id === cursor))).toBe(true);
    await stream.change(["late"]);
    await publish(hub, "late", "late");
    expect((await stream.events(7)).at(-1)?.data).toBe("late");
  });

  test("of a stream that is replaying holds from its cursor, and not for what is replayed", async () => {
    const hub = hubOf();
    await publish(hub, "a", ...Array.from({ length: 30 }, (_, n) => `a${n} ${LONG}`));
    await publish(hub, "b", "not b1");
    const stream = await openNamed(hub, { from: "earliest" });
    const id = await stream.change(["b"]);
    await publish(hub, "b", "b2");
    const frames = await stream.events(31);
    expect(frames.slice(-2).map(({ data }) => data?.slice(0, 3))).toEqual(["a29", "b2"]);
    expect(stream.frames.some((frame) => frame.id === id && frame.event === "tidings:cursor")).toBe(true);
  });

  test("that retention has overtaken takes effect after the gap", async () => {
    const hub = hubOf({ log: memoryLog({ maxEvents: 3 }) });
    const stream = await openNamed(hub);
    await stream.live();
    for (let n = 0; n < 4; n++) {
      await hub.publish("a", { data: `a${n} ${LONG}` });
      await turns();
    }
    const id = await stream.change(["b"], ["a"]);
    await publish(hub, "b", `b1 ${LONG}`, `b2 ${LONG}`, `b3 ${LONG}`, `b4 ${LONG}`);
    // So much that the tail, too, has let go.
    for (let n = 0; n < 50; n++) {
      await publish(hub, "z", ...Array.from({ length: 10 }, () => LONG));
      await turns();
    }
    await publish(hub, "a", "not a");
    await publish(hub, "b", "b5");
    await stream.until((frames) => frames.some(({ data }) => data === "b5"));
    expect(stream.words.filter((word) => word !== "cursor")).toEqual(["live", "a0", "a1", "a2", "a3", "gap", "b5"]);
    const gap = stream.frames.find(({ event }) => event === "tidings:gap");
    expect(offsetOf(gap?.id)).toBeGreaterThanOrEqual(offsetOf(id));
  });

  test("while a snapshot is sent follows it", async () => {
    const hub = hubOf();
    const { promise: goOn, resolve } = Promise.withResolvers<void>();
    const stream = await openNamed(hub, {
      async *snapshot() {
        yield { data: "one" };
        await goOn;
        yield { data: "two" };
      },
    });
    await publish(hub, "b", "not b1");
    await publish(hub, "a", "a1");
    const changed = stream.change(["b"], ["a"]);
    await changed;
    await publish(hub, "b", "b2");
    resolve();
    await stream.events(4);
    expect(stream.words.filter((word) => word !== "live")).toEqual([
      "cursor",
      "one",
      "two",
      "cursor",
      "a1",
      "cursor",
      "b2",
    ]);
  });

  test("may leave nothing: the stream has heartbeats alone, and may be given topics again", async () => {
    const hub = hubOf({ heartbeat: 100 });
    const stream = await openNamed(hub);
    await stream.live();
    await stream.change([], ["a", "never there"]);
    await publish(hub, "a", "not a1");
    const { head } = hub.stats();
    await stream.until((frames) => frames.at(-1)?.id === head);
    expect(stream.words.filter((word) => word !== "cursor")).toEqual(["live"]);
    await stream.change(["a", "b"]);
    await stream.change(["a"], []);
    await publish(hub, "a", "a2");
    expect((await stream.events(1)).map(({ data }) => data)).toEqual(["a2"]);
  });

  test("that cannot be is refused, and changes nothing", async () => {
    const hub = hubOf({ maxTopics: 3 });
    const stream = await openNamed(hub);
    await stream.live();
    const { head } = hub.stats();
    const refused = async (code: string, add: readonly string[], remove: readonly string[] = []): Promise<void> =>
      expect(stream.change(add, remove)).rejects.toMatchObject({ name: "HubError", code });
    await refused("bad-topic", ["$hub/streams/x"]);
    await refused("bad-topic", ["b", "a*b"]);
    await refused("bad-topic", [], [""]);
    await refused("bad-topic", "b" as unknown as string[]);
    await refused("bad-topic", [7 as unknown as string]);
    await refused("bad-request", ["b", "c"], ["c"]);
    await refused("too-many-topics", ["b", "c", "d"]);
    await refused("too-many-topics", [], ["b", "c", "d", "e"]);
    expect(hub.stats()).toMatchObject({ head, changes: 0 });
    await stream.change(["b", "c"]);
    await refused("too-many-topics", ["d"]);
    await stream.change(["d"], ["a"]);
    await refused("too-many-topics", ["a"]);
    await hub.close();
    await refused("closed", []);
  });

  test("counts as an event against the rates of publishing", async () => {
    const hub = hubOf({ limits: { publishRatePerAddress: { perSecond: 0.001, burst: 3 } } });
    const stream = await openNamed(hub);
    const by = { address: "192.0.2.1" };
    await hub.publish("a", { data: 1 }, by);
    await hub.change(stream.name, { add: ["b"] }, by);
    await expect(hub.change(stream.name, { add: ["$"] }, by)).rejects.toMatchObject({ code: "bad-topic" });
    await hub.change(stream.name, { add: ["c"] }, by);
    const late = await hub.change(stream.name, { add: ["d"] }, by).catch((error: unknown) => error);
    expect(late).toMatchObject({ code: "rate-limited", retryAfter: expect.any(Number) });
    await hub.change(stream.name, { add: ["d"] });
    expect(hub.stats()).toMatchObject({ changes: 3, rateLimited: 1, published: 1 });
  });

  test("that is refused takes nothing from the rates, and neither does one that changes nothing", async () => {
    const hub = hubOf({ maxTopics: 2, limits: { publishRatePerAddress: { perSecond: 0.001, burst: 1 } } });
    const stream = await openNamed(hub);
    const by = { address: "192.0.2.1" };
    const refused = hub.change(stream.name, { add: ["b", "c"] }, by);
    await expect(refused).rejects.toMatchObject({ code: "too-many-topics" });
    await hub.change(stream.name, { add: ["a"] }, by);
    await hub.change(stream.name, { add: ["b"] }, by);
    const late = hub.change(stream.name, { add: ["c"], remove: ["b"] }, by);
    await expect(late).rejects.toMatchObject({ code: "rate-limited" });
  });

  test("that changes nothing takes no place in the log, and is answered with one from which on it holds", async () => {
    const hub = hubOf();
    const stream = await openNamed(hub);
    await stream.live();
    expect(await stream.change(["a"], ["b"])).toBe(hub.stats().head);
    const [before] = await publish(hub, "a", "a1");
    expect(await stream.change(["a"])).toBe(before);
    const id = await stream.change(["b", "a"], ["c"]);
    expect(hub.stats()).toMatchObject({ head: id, changes: 3 });
    // At once: for the second there is something to do only after the first.
    const ids = await Promise.all([stream.change([], ["b"]), stream.change(["b"]), stream.change(["b"])]);
    expect(ids.map(offsetOf)).toEqual([3, 4, 4]);
    await publish(hub, "b", "b1");
    expect((await stream.events(2)).map(({ data }) => data)).toEqual(["a1", "b1"]);
  });

  test("that changes nothing and comes after one whose answer is lost is made all the same", async () => {
    const log = new SharedLog();
    const hub = hubOf({ log });
    const stream = await openNamed(hub);
    await stream.live();
    log.fails = log.skips = 1;
    await expect(stream.change(["b"])).rejects.toMatchObject({ code: "log-failed" });
    // It may be in the log, and told later on.
    await stream.change([], ["b"]);
    expect(offsetOf(hub.stats().head)).toBe(2);
  });

  test("has as much in the log as an event may have, and of what it changes alone", async () => {
    const hub = hubOf({ maxEventBytes: 1_000 });
    const stream = await openNamed(hub);
    const names = Array.from({ length: 4 }, (_, n) => `${n}`.padEnd(300, "ā"));
    const { head } = hub.stats();
    await expect(stream.change([], names)).resolves.toBe(head);
    await expect(stream.change(names)).rejects.toMatchObject({ code: "event-too-large" });
    expect(hub.stats()).toMatchObject({ head });
    for (const name of names) await stream.change([name]);
    await stream.change(names);
    expect(offsetOf(hub.stats().head)).toBe(4);
  });

  test("is an entry of the log that no one is sent", async () => {
    const hub = hubOf();
    const stream = await openNamed(hub);
    const all = new Stream(await hub.fetch(request(), { topics: ["**"] }));
    await all.live();
    await stream.change(["b"]);
    await publish(hub, "c", "c1");
    expect((await all.events(1)).map(({ data }) => data)).toEqual(["c1"]);
    for (const from of ["earliest", "last:10"] as const) {
      const late = new Stream(await hub.fetch(request(), { topics: ["**"], from }));
      await late.live();
      expect(late.frames.filter(({ event }) => event === "message").map(({ data }) => data)).toEqual(["c1"]);
    }
    await expect(hub.publish("$hub/streams/x", { data: "{}" })).rejects.toMatchObject({ code: "bad-topic" });
    const refused = hub.fetch(request(), { topics: ["$hub/streams/x"] });
    await expect(refused).rejects.toMatchObject({ code: "bad-topic" });
  });
});

describe("changes of other streams", () => {
  test("are not read by a stream that resumes", async () => {
    const log = memoryLog();
    const first = hubOf({ log });
    const changing = await openNamed(first);
    const [id] = await publish(first, "start", "1");
    for (let n = 0; n < 90; n++) await changing.change([`t${n}`]);
    await publish(first, "a", "a1");
    const reads = vi.spyOn(log, "read");
    // Its tail is empty.
    const resumed = await openNamed(hubOf({ log }), {}, id);
    expect((await resumed.events(1)).map(({ data }) => data)).toEqual(["a1"]);
    const found = reads.mock.settledResults.map(({ value }) => value as Page);
    expect(found.flatMap(({ entries }) => entries).filter(({ topics }) => topics[0] !== "a")).toEqual([]);
  });
});

describe("changes at the same time", () => {
  test("of one stream take effect in the order of the calls", async () => {
    const hub = hubOf();
    const stream = await openNamed(hub);
    await stream.live();
    const ids = await Promise.all([
      stream.change(["b"]),
      stream.change(["c"], ["b"]),
      stream.change(["b"], ["a"]),
      stream.change([], ["c"]),
    ]);
    expect(ids.map(offsetOf)).toEqual([1, 2, 3, 4]);
    await hub.publishBatch(["a", "b", "c"].map((topic) => ({ topic, data: topic })));
    expect((await stream.events(1)).map(({ data }) => data)).toEqual(["b"]);
    expect(hub.stats()).toMatchObject({ topics: 1, subscribersByState: { live: 1 } });
  });

  test("of a thousand streams leave no trace when all have ended", async () => {
    const hub = hubOf();
    const streams = await Promise.all(Array.from({ length: 1_000 }, () => openNamed(hub)));
    await Promise.all(streams.map(async (stream, n) => stream.comeTo(await stream.change([`t${n}`, "b/*"], ["a"]))));
    expect(hub.stats()).toMatchObject({ topics: 1_001, changes: 1_000 });
    await Promise.all(streams.map((stream) => stream.cancel()));
    await turns();
    expect(hub.stats()).toMatchObject({ subscribers: 0, topics: 0 });
  });
});

/** A log that others write to, too. */
class SharedLog implements Log {
  readonly durability = "memory";
  readonly atomicBatches = true;
  readonly ready = true;
  readonly inner: Log = memoryLog();
  /** Batches that followers are not told. */
  skips = 0;
  /** Appends whose answer is lost. */
  fails = 0;

  read = (...args: Parameters<Log["read"]>): ReturnType<Log["read"]> => this.inner.read(...args);
  latest = (...args: Parameters<Log["latest"]>): ReturnType<Log["latest"]> => this.inner.latest(...args);
  ends = (): ReturnType<Log["ends"]> => this.inner.ends();
  close = async (): Promise<void> => undefined;

  async append(...args: Parameters<Log["append"]>): ReturnType<Log["append"]> {
    const appended = await this.inner.append(...args);
    if (this.fails-- > 0) throw new Error("The answer is lost");
    return appended;
  }

  async *follow(after: Position, signal: AbortSignal): AsyncGenerator<Followed, void> {
    for await (const told of this.inner.follow(after, signal)) if (this.skips-- <= 0) yield told;
  }
}

describe("a log that", () => {
  test("several hubs share: a change is of the one that has the stream", async () => {
    const log = new SharedLog();
    const [one, other] = [hubOf({ log }), hubOf({ log })];
    const [stream, stranger] = [await openNamed(one), await openNamed(other)];
    await Promise.all([stream.live(), stranger.live()]);
    await expect(other.change(stream.name, { add: ["b"] })).rejects.toMatchObject({ code: "unknown-stream" });
    await stream.change(["b"]);
    await stranger.change(["c"]);
    await publish(one, "b", "b1");
    await publish(other, "c", "c1");
    expect((await stream.events(1)).map(({ data }) => data)).toEqual(["b1"]);
    expect((await stranger.events(1)).map(({ data }) => data)).toEqual(["c1"]);
    // What is told of a stream that has ended is nobody's.
    await stream.cancel();
    const third = hubOf({ log });
    const late = await openNamed(third, { from: "earliest", topics: ["**"] });
    expect((await late.events(2)).map(({ data }) => data)).toEqual(["b1", "c1"]);
    expect(one.stats()).toMatchObject({ subscribers: 0, topics: 0 });
  });

  test("does not tell of a change is told it again", async () => {
    const log = new SharedLog();
    const hub = hubOf({ log });
    const stream = await openNamed(hub);
    await stream.live();
    log.skips = 1;
    const changed = stream.change(["b"]);
    // Only what comes after it shows that it was passed by.
    await turns();
    await publish(hub, "b", "not b1");
    const id = await changed;
    expect(offsetOf(id)).toBe(3);
    await publish(hub, "b", "b2");
    expect((await stream.events(1)).map(({ data }) => data)).toEqual(["b2"]);
    expect(stream.frames.some((frame) => frame.id === id)).toBe(true);
  });

  test("loses its answer has changed the stream all the same, if it tells so", async () => {
    const log = new SharedLog();
    const hub = hubOf({ log });
    const stream = await openNamed(hub);
    await stream.live();
    log.fails = 1;
    const told = await stream.change(["b"]).catch((error: unknown) => error);
    if (typeof told !== "string") expect(told).toMatchObject({ code: "log-failed" });
    await publish(hub, "b", "b1");
    expect((await stream.events(1)).map(({ data }) => data)).toEqual(["b1"]);
    // Again, as a client does that was not answered.
    await stream.change(["b"]);
    await publish(hub, "b", "b2");
    expect((await stream.events(2)).map(({ data }) => data)).toEqual(["b1", "b2"]);
  });
});
