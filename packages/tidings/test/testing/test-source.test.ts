import { beforeEach, describe, expect, onTestFinished, test } from "vitest";

import type { Delivered, Notice, Tidings } from "../../src/client/connect/tidings.ts";
import { createTestSource, type TestSource } from "../../src/testing/index.ts";

let source: TestSource;
let client: Tidings;
beforeEach(() => {
  source = createTestSource();
  client = source.connect();
  onTestFinished(() => client.close());
});

/** Everything that a topic brings from now on, and what became of the connection. */
function hear(topic: string, from?: `last:${number}`): { data: unknown[]; notices: Notice[] } {
  const heard = { data: [] as unknown[], notices: [] as Notice[] };
  const handler = ({ data }: Delivered): void => void heard.data.push(data);
  const resync = (notice: Notice): void => void heard.notices.push(notice);
  client.onAny(topic, handler, from === undefined ? { resync } : { resync, from });
  return heard;
}

describe("a test source", () => {
  test("delivers what is emitted, once `emit` has resolved", async () => {
    const { data } = hear("orders/*");
    await source.settled();
    expect(client.status.getSnapshot().state).toBe("live");
    await source.emit("orders/1", "paid", { sum: 5 });
    await source.emit(["orders/2", "board"], "paid", { sum: 6 });
    await source.emit("other", "paid", { sum: 7 });
    expect(data).toEqual([{ sum: 5 }, { sum: 6 }]);
  });

  test("drops the connection, and has what was missed when the client is back", async () => {
    const { data, notices } = hear("a");
    await source.settled();
    await source.emit("a", "n", 1);
    await source.drop();
    expect([source.connections, client.status.getSnapshot().state]).toEqual([0, "waiting"]);
    await source.emit("a", "n", 2);
    expect(data).toEqual([1]);
    await source.advance(60_000);
    expect([data, notices, source.connections]).toEqual([[1, 2], [], 1]);
    expect(source.requests.at(-1)?.headers.get("Last-Event-ID")).toMatch(/^test1-/);
  });

  test("stands still until time goes on", async () => {
    hear("a");
    await source.settled();
    await source.drop();
    const { retryAt } = client.status.getSnapshot();
    const wait = (retryAt ?? 0) - source.options.clock.now();
    expect(wait).toBeGreaterThan(0);
    await source.advance(wait - 1);
    expect(client.status.getSnapshot().state).toBe("waiting");
    await source.advance(1);
    expect(client.status.getSnapshot().state).toBe("live");
  });

  test("fails as it is told to, and heeds what its answer says", async () => {
    hear("a");
    await source.settled();
    await source.fail(503, { times: 2, retryAfter: 100 });
    await source.drop();
    const before = source.requests.length;
    await source.advance(99_000);
    expect(source.requests.length).toBe(before + 1);
    expect(client.status.getSnapshot().error).toMatchObject({ status: 503 });
    await source.advance(500_000);
    expect(client.status.getSnapshot().state).toBe("live");
    await source.fail(403, { code: "forbidden" });
    await source.drop();
    await source.advance(60_000);
    expect(client.status.getSnapshot()).toMatchObject({ state: "closed", error: { status: 403 } });
  });

  test("makes gaps and resets", async () => {
    const { data, notices } = hear("a");
    await source.settled();
    await source.emit("a", "n", 1);
    await source.drop();
    await source.emit("a", "n", 2);
    await source.evict();
    await source.emit("a", "n", 3);
    await source.advance(60_000);
    expect([data, notices]).toMatchObject([[1, 3], [{ kind: "gap", reason: "evicted" }]]);
    await source.restart();
    await source.emit("a", "n", 4);
    await source.advance(60_000);
    expect([data, notices]).toMatchObject([
      [1, 3, 4],
      [{ kind: "gap" }, { kind: "reset" }],
    ]);
  });

  test("brings a late handler what was there before", async () => {
    hear("b");
    await source.settled();
    for (const n of [1, 2, 3]) await source.emit("a", "n", n);
    const { data } = hear("a", "last:2");
    await source.settled();
    await source.emit("a", "n", 4);
    expect(data).toEqual([2, 3, 4]);
    expect(source.connections).toBe(1);
  });

  test("keeps each topic's newest event beyond eviction, for who asks for the last ones", async () => {
    await source.emit("a", "n", 1);
    await source.emit(["a", "b"], "n", 2);
    await source.evict();
    await source.emit("c", "n", 3);
    const { data } = hear("a", "last:1");
    const { data: all } = hear("*", "last:3");
    await source.settled();
    expect([data, all]).toEqual([[2], [2, 3]]);
  });

  test("takes what is published, once for each idempotency key, and delivers it", async () => {
    const { data } = hear("a");
    await source.settled();
    const first = await client.publish("a", { event: "n", data: { x: 1 }, idempotencyKey: "k" });
    const again = await client.publish("a", { event: "n", data: { x: 1 }, idempotencyKey: "k" });
    await source.settled();
    expect(again).toEqual({ ...first, duplicate: true });
    expect([source.published.length, data]).toEqual([1, [{ x: 1 }]]);
    await source.fail(413, { of: "publish", code: "event-too-large" });
    await expect(client.publish("a", { data: 1 })).rejects.toMatchObject({ status: 413 });
  });

  test("rejects what a hub would refuse to take", async () => {
    await expect(source.emit("a/*", "n", 1)).rejects.toMatchObject({ code: "bad-topic" });
    await expect(source.emit("a", "tidings:gap", 1)).rejects.toMatchObject({ code: "bad-event" });
    await expect(source.emit("a", "n", undefined)).rejects.toMatchObject({ code: "malformed" });
  });

  test("shows what each request said", async () => {
    let token = 0;
    const own = source.connect({ token: () => `t${(token += 1)}` });
    onTestFinished(() => own.close());
    own.onAny("a", () => undefined);
    await source.settled();
    await source.drop();
    await source.advance(60_000);
    const sent = source.requests.map(({ headers }) => headers.get("Authorization"));
    expect(sent).toEqual(["Bearer t1", "Bearer t2"]);
  });

  test("keeps a quiet connection alive for an hour", async () => {
    hear("a");
    await source.settled();
    await source.advance(3600 * 1000);
    expect([source.requests.length, client.status.getSnapshot().state]).toEqual([1, "live"]);
  });

  test("has no timer left when all is closed", async () => {
    hear("a");
    await source.settled();
    expect(source.timers).toBeGreaterThan(0);
    client.close();
    await source.settled();
    expect([source.timers, source.connections]).toEqual([0, 0]);
  });
});
