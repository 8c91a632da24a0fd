import { describe, expect, expectTypeOf, test } from "vitest";
import { createHub, HubError, memoryLog, type Publication } from "../../src/index.ts";
import { isPublished } from "../frames.ts";
import { request, Stream } from "../stream.ts";

describe("publishing", () => {
  test.each<[string, unknown, string]>([
    ["a topic with a wildcard", { topic: "a*", data: 1 }, "bad-topic"],
    ["no topic", { topic: [], data: 1 }, "bad-topic"],
    ["too many topics", { topic: Array.from({ length: 65 }, (_, index) => `${index}`), data: 1 }, "bad-topic"],
    ["a topic that is no text", { topic: 5, data: 1 }, "bad-topic"],
    ["an empty event name", { topic: "a", event: "", data: 1 }, "bad-event"],
    ["the hub's own event name", { topic: "a", event: "tidings:live", data: 1 }, "bad-event"],
    ["an event name with a line end", { topic: "a", event: "x\rdata: y", data: 1 }, "bad-event"],
    ["a long event name", { topic: "a", event: "x".repeat(257), data: 1 }, "bad-event"],
    ["no data", { topic: "a" }, "bad-data"],
    ["a function", { topic: "a", data: () => 1 }, "bad-data"],
    ["a bigint", { topic: "a", data: 1n }, "bad-data"],
    ["a lone surrogate", { topic: "a", data: "\udc00" }, "bad-data"],
    ["a key with a control", { topic: "a", data: 1, idempotencyKey: "k\u0000" }, "bad-key"],
    ["a private event", { topic: "a", data: 1, private: true }, "private-without-authentication"],
    ["a large event", { topic: "a", data: "é".repeat(32_769) }, "event-too-large"],
  ])("refuses %s, and with it the whole batch", async (_, publication, code) => {
    const hub = createHub();
    const { id: head } = await hub.publish("a", { data: "before" });
    const batch = [{ topic: "a", data: "good" }, publication as { topic: string; data: unknown }];
    const refusal = hub.publishBatch(batch);
    await expect(refusal).rejects.toBeInstanceOf(HubError);
    await expect(refusal).rejects.toMatchObject({ code });
    expect(hub.stats()).toMatchObject({ published: 1, head });
    await hub.close();
  });

  test("takes data of just the limit, and carries a text as it is and anything else as JSON", async () => {
    const hub = createHub();
    const stream = new Stream(await hub.fetch(request(), { topics: ["a"] }));
    await stream.live();
    const large = "é".repeat(32_768);
    for (const data of [large, "", " text\t", { a: [1, "x"] }, null, 0, false]) await hub.publish("a", { data });
    const events = await stream.events(7);
    expect(events.map(({ data }) => data)).toEqual([large, "", " text\t", '{"a":[1,"x"]}', "null", "0", "false"]);
    await hub.close();
  });

  test("keeps the order of calls that nobody waited for, with keys and without", async () => {
    const hub = createHub();
    const stream = new Stream(await hub.fetch(request(), { topics: ["a"] }));
    await stream.live();
    const calls = Array.from({ length: 50 }, (_, index) =>
      hub.publish("a", { data: `${index}`, ...(index % 7 === 0 ? { idempotencyKey: `${index}` } : {}) }),
    );
    await Promise.all(calls);
    const events = await stream.events(50);
    expect(events.map(({ data }) => data)).toEqual(Array.from({ length: 50 }, (_, index) => `${index}`));
    await hub.close();
  });

  test("goes on after one whose key was refused", async () => {
    const hub = createHub();
    await hub.publish("a", { data: "1", idempotencyKey: "k" });
    const conflict = hub.publish("a", { data: "2", idempotencyKey: "k" });
    const next = hub.publish("a", { data: "3" });
    await expect(conflict).rejects.toMatchObject({ code: "conflict" });
    await expect(next).resolves.toMatchObject({ durability: "memory" });
    await hub.close();
  });

  test("answers the same for the same key and payload, for each set of topics, and appends once", async () => {
    const hub = createHub({ log: memoryLog() });
    const once = { event: "paid", data: { sum: 1 }, idempotencyKey: "k" };
    const first = await hub.publish(["a", "b"], once);
    expect(first).toEqual({ id: first.id, durability: "memory" });
    expect(await hub.publish(["b", "a"], once)).toEqual({ ...first, duplicate: true });
    expect((await hub.publish("a", once)).duplicate).toBe(undefined);
    for (const other of [
      { ...once, data: "else" },
      { ...once, event: "unpaid" },
    ]) {
      await expect(hub.publish(["a", "b"], other)).rejects.toMatchObject({ code: "conflict" });
    }
    expect(hub.stats().published).toBe(2);
    await hub.close();
  });

  test("is typed by the hub's events", () => {
    interface Events {
      "order.paid": { sum: number };
      message: string;
    }
    expectTypeOf<{ event: "order.paid"; data: { sum: number } }>().toExtend<Publication<Events>>();
    expectTypeOf<{ data: string }>().toExtend<Publication<Events>>();
    expectTypeOf<{ event: "order.paid"; data: string }>().not.toExtend<Publication<Events>>();
    expectTypeOf<{ event: "order.lost"; data: string }>().not.toExtend<Publication<Events>>();
    expectTypeOf<{ event: string; data: unknown }>().toExtend<Publication<Record<string, unknown>>>();
    expectTypeOf<{ data: string }>().not.toExtend<Publication<{ paid: string }>>();
  });
});

describe("a hub's options", () => {
  test.each([
    { heartbeat: "soon" },
    { heartbeat: 10 },
    { heartbeat: Number.NaN },
    { retry: { min: "5s", max: "1s" } },
    { maxEventBytes: 0 },
    { maxBatch: 1.5 },
  ])("are refused when they make no sense: %j", (options) => {
    expect(() => createHub(options)).toThrow(HubError);
  });

  test("of a memory log are, too", () => {
    for (const options of [{ maxEvents: 0 }, { maxAge: "-1s" }, { maxBytes: Number.NaN }]) {
      expect(() => memoryLog(options)).toThrow(HubError);
    }
  });
});

describe("fan-out", () => {
  test("writes those who are due the same events the same bytes, and each at most once a flush", async () => {
    const hub = createHub();
    const responses = await Promise.all(
      [["a"], ["a", "x"], ["*"], ["a", "mine"], ["mine"]].map((topics) => hub.fetch(request(), { topics })),
    );
    const readers = responses.map(({ body }) => body?.getReader());
    for (const reader of readers) await reader?.read();
    void hub.publishBatch([
      { topic: "a", data: "1" },
      { topic: "mine", data: "2" },
      { topic: "a", data: "3" },
    ]);
    const chunks = await Promise.all(readers.map(async (reader) => (await reader?.read())?.value));
    const texts = chunks.map((chunk) => new TextDecoder().decode(chunk).match(/(?<=data: ).*/g));
    expect(texts).toEqual([["1", "3"], ["1", "3"], ["1", "2", "3"], ["1", "2", "3"], ["2"]]);
    expect(chunks[0]).toBe(chunks[1]);
    expect(chunks[2]).toBe(chunks[3]);
    expect(chunks[0]).not.toBe(chunks[2]);
    await hub.close();
  });

  test("matches an event once for one who asked for it in many ways", async () => {
    const hub = createHub();
    const stream = new Stream(await hub.fetch(request(), { topics: ["a/b", "a/*", "a/**", "*/b", "**", "c"] }));
    await stream.live();
    await hub.publish(["a/b", "c"], { data: "once" });
    await hub.publish("c", { data: "end" });
    await stream.events(2);
    expect(stream.frames.filter(isPublished).map(({ data }) => data)).toEqual(["once", "end"]);
    expect(hub.stats().delivered).toBe(2);
    await hub.close();
  });
});
