import { describe, expect, onTestFinished, test } from "vitest";

import { ClientError, connect, type Delivered, type Notice } from "../../../src/client/index.ts";
import { client, count, live, startHub } from "./hub-server.ts";

describe("handlers", () => {
  test("hear the events of their topics and names, in the order of the stream, over one connection", async () => {
    const server = await startHub();
    const tidings = connect<{ paid: { n: number }; note: string }>(server.url);
    onTestFinished(() => tidings.close());
    const heard: string[] = [];
    tidings.on("orders/1", "paid", ({ n }, { topic, event }) => heard.push(`${topic} ${event} ${n}`));
    tidings.on("orders/*", "paid", ({ n }) => heard.push(`pattern ${n}`));
    tidings.on("orders/1", "note", (text) => heard.push(`note ${text}`));
    tidings.onAny("chat", ({ event, data, text }) => heard.push(`any ${event} ${JSON.stringify(data)} ${text}`));
    await live(tidings);
    await server.hub.publish("orders/1", { event: "paid", data: { n: 1 } });
    await server.hub.publish("orders/2", { event: "paid", data: { n: 2 } });
    await server.hub.publish("elsewhere", { event: "paid", data: { n: 3 } });
    await server.hub.publish("orders/1", { event: "note", data: '"hello"' });
    await server.hub.publish("chat", { data: [1, "x"] });
    await expect.poll(() => heard.length).toBe(5);
    expect(heard).toEqual(["orders/1 paid 1", "pattern 1", "pattern 2", "note hello", 'any message [1,"x"] [1,"x"]']);
    expect(count(server, "GET")).toBe(1);
  });

  test("of a pattern get an event of several topics once, with the first that they asked for", async () => {
    const server = await startHub();
    const tidings = client(server.url);
    const heard: Delivered[] = [];
    tidings.onAny("a/*", (event) => heard.push(event));
    await live(tidings);
    const { id } = await server.hub.publish(["b/1", "a/1", "a/2"], { data: 1 });
    await server.hub.publish("a/3", { data: 2 });
    await expect.poll(() => heard.length).toBe(2);
    expect(heard[0]).toEqual({ topic: "a/1", topics: ["b/1", "a/1", "a/2"], event: "message", data: 1, text: "1", id });
  });

  test("that throw are reported, and stop neither others nor the stream", async () => {
    const server = await startHub();
    const tidings = client(server.url);
    const errors: ClientError[] = [];
    const heard: unknown[] = [];
    const boom = new Error("Boom");
    tidings.onAny(
      "a",
      () => {
        throw boom;
      },
      { onError: (error) => errors.push(error) },
    );
    tidings.onAny("a", ({ data }) => heard.push(data));
    await live(tidings);
    await server.hub.publish("a", { data: 1 });
    await server.hub.publish("a", { data: 2 });
    await expect.poll(() => heard).toEqual([1, 2]);
    expect(errors.map(({ code, cause }) => [code, cause])).toEqual([
      ["handler-failed", boom],
      ["handler-failed", boom],
    ]);
  });

  test("are told of what cannot be parsed, and the stream goes on", async () => {
    const server = await startHub();
    const tidings = client(server.url);
    const errors: ClientError[] = [];
    const heard: unknown[] = [];
    tidings.onAny("a", ({ data }) => heard.push(data), { onError: (error) => errors.push(error) });
    tidings.onAny("a", ({ data }) => heard.push(data), { parse: (text) => text.toUpperCase() });
    await live(tidings);
    await server.hub.publish("a", { data: "no json" });
    await server.hub.publish("a", { data: 2 });
    await expect.poll(() => heard).toEqual(["NO JSON", 2, "2"]);
    expect(errors.map(({ code, cause }) => [code, cause instanceof SyntaxError])).toEqual([["bad-data", true]]);
  });

  test("share what was parsed: once for each event and function, and not at all if no one wants it", async () => {
    const server = await startHub();
    const parsed: string[] = [];
    const parse = (text: string): unknown => {
      parsed.push(text);
      return JSON.parse(text);
    };
    const tidings = client(server.url, { parse });
    const heard: unknown[] = [];
    for (let n = 0; n < 3; n++) tidings.on("a", "wanted", (data) => heard.push(data));
    tidings.onAny("a/*", ({ data }) => heard.push(data));
    await live(tidings);
    await server.hub.publish("a", { event: "unwanted", data: "not parsed" });
    await server.hub.publish(["a", "a/1"], { event: "wanted", data: { n: 1 } });
    await expect.poll(() => heard.length).toBe(4);
    expect(parsed).toEqual(['{"n":1}']);
    expect(new Set(heard).size).toBe(1);
  });

  test("that are ended, in a handler too, hear nothing more; those added in a handler hear the next event", async () => {
    const server = await startHub();
    const tidings = client(server.url);
    const heard: string[] = [];
    const end = tidings.onAny("a", ({ data }) => {
      heard.push(`first ${String(data)}`);
      end();
      endSecond();
      tidings.onAny("a", (event) => heard.push(`third ${String(event.data)}`));
    });
    const endSecond = tidings.onAny("a", ({ data }) => heard.push(`second ${String(data)}`));
    await live(tidings);
    await Promise.all([server.hub.publish("a", { data: 1 }), server.hub.publish("a", { data: 2 })]);
    await expect.poll(() => heard).toEqual(["first 1", "third 2"]);
  });

  test("end with their signal", async () => {
    const server = await startHub();
    const tidings = client(server.url);
    const heard: unknown[] = [];
    const ended = new AbortController();
    tidings.onAny("a", ({ data }) => heard.push(`ended ${String(data)}`), { signal: ended.signal });
    tidings.onAny("a", ({ data }) => heard.push(data));
    tidings.onAny("never", () => heard.push("never"), { signal: AbortSignal.abort() });
    await live(tidings);
    ended.abort();
    await server.hub.publish("a", { data: 1 });
    await expect.poll(() => heard).toEqual([1]);
    expect(tidings.inspect().topics).toEqual({ a: 1 });
  });
});

describe("the connection", () => {
  test("is made when the first topic is asked for, and closed when the last has lingered out", async () => {
    const server = await startHub();
    const tidings = client(server.url);
    expect(tidings.status.getSnapshot()).toEqual({
      state: "idle",
      error: undefined,
      retryAt: undefined,
      role: "alone",
    });
    expect(server.requests).toEqual([]);
    const end = tidings.onAny("a", () => undefined);
    await live(tidings);
    // Gone and back within the linger: as it was.
    end();
    const again = tidings.onAny("a", () => undefined);
    await expect.poll(() => server.hub.stats().subscribers).toBe(1);
    again();
    await expect.poll(() => server.hub.stats().subscribers).toBe(0);
    expect(tidings.status.getSnapshot().state).toBe("idle");
    expect(server.requests.length).toBe(1);
  });

  test("that was given up begins from then on when it is needed again", async () => {
    const server = await startHub();
    const tidings = client(server.url, { linger: 1 });
    const heard: unknown[] = [];
    const end = tidings.onAny("a", ({ data }) => heard.push(data));
    await live(tidings);
    await server.hub.publish("a", { data: 1 });
    await expect.poll(() => heard).toEqual([1]);
    end();
    await expect.poll(() => server.hub.stats().subscribers).toBe(0);
    await server.hub.publish("a", { data: "while no one asked" });
    tidings.onAny("a", ({ data }) => heard.push(data));
    await live(tidings);
    await server.hub.publish("a", { data: 2 });
    await expect.poll(() => heard).toEqual([1, 2]);
  });

  test("has a status that is the same object until something changed, and tells each change", async () => {
    const server = await startHub();
    const tidings = client(server.url);
    const seen: string[] = [];
    tidings.status.subscribe(() => {
      expect(tidings.status.getSnapshot()).toBe(tidings.status.getSnapshot());
      seen.push(tidings.status.getSnapshot().state);
    });
    tidings.onAny("a", () => undefined);
    await live(tidings);
    server.cut();
    await expect.poll(() => seen.slice(3).includes("live")).toBe(true);
    expect(seen).toEqual(["connecting", "replaying", "live", "waiting", "connecting", "replaying", "live"]);
    tidings.close();
    expect(tidings.status.getSnapshot()).toMatchObject({ state: "closed", error: undefined });
  });

  test("that is refused for good says why", async () => {
    const server = await startHub();
    const tidings = client(server.url);
    const iterator = tidings.subscribe("a\u0001b");
    const failure = await iterator.next().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ClientError);
    expect(failure).toMatchObject({ code: "refused", status: 400, problem: { code: "bad-topic" } });
    expect(tidings.status.getSnapshot()).toMatchObject({ state: "closed", error: failure });
    expect(tidings.inspect().errors).toEqual([failure]);
  });

  test("resumes with the cursor of a store, and saves it after the events", async () => {
    const server = await startHub();
    const saved: string[] = [];
    const heard: unknown[] = [];
    const store = {
      load: () => Promise.resolve(saved.at(-1)),
      save: (cursor: string) => void saved.push(cursor),
    };
    const first = client(server.url, { cursorStore: store });
    first.onAny("a", ({ data }) => heard.push(data));
    await live(first);
    await server.hub.publish("a", { data: 1 });
    await expect.poll(() => heard).toEqual([1]);
    first.close();
    await server.hub.publish("a", { data: 2 });
    const second = client(server.url, { cursorStore: store });
    second.onAny("a", ({ data }) => heard.push(data));
    await expect.poll(() => heard).toEqual([1, 2]);
    expect(second.inspect()).toMatchObject({ gaps: 0, resets: 0, events: 1, connections: 1 });
  });

  test("tells gaps and resets to each and to all, before what follows", async () => {
    const server = await startHub();
    const told: unknown[] = [];
    const tidings = client(server.url, {
      resync: (notice: Notice) => void told.push(["all", notice.kind]),
      cursorStore: { load: () => "0-0-nothing", save: () => undefined },
    });
    await server.hub.publish("a", { data: 1 });
    tidings.onAny("a", ({ data }) => told.push(data), { resync: (notice) => void told.push(notice) });
    await expect.poll(() => told.length).toBe(3);
    expect(told).toEqual([["all", "reset"], { kind: "reset", reason: expect.stringMatching(/./) }, 1]);
    expect(tidings.inspect()).toMatchObject({ resets: 1, gaps: 0 });
  });

  test("is opened by POST when its URL would be long, and by GET where that is not known", async () => {
    const topics = Array.from({ length: 60 }, (_, n) => `a/topic/with/a/long/name/number/${n}`);
    for (const changes of [true, false]) {
      const server = await startHub({ changes });
      const tidings = client(server.url);
      const heard: unknown[] = [];
      for (const topic of topics) tidings.onAny(topic, ({ data }) => heard.push(data));
      await live(tidings);
      for (const [n, topic] of topics.entries()) await server.hub.publish(topic, { data: n });
      await expect.poll(() => heard).toEqual([...topics.keys()]);
      expect(server.requests.map((request) => request.slice(0, 5))).toEqual(changes ? ["POST "] : ["POST ", "GET /"]);
    }
  });
});
