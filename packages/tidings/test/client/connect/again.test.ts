import { getEventListeners } from "node:events";

import { describe, expect, onTestFinished, test, vi } from "vitest";

import { createTestSource } from "../../../src/testing/index.ts";
import { client, live, startHub } from "./hub-server.ts";

describe("who subscribes again when told", () => {
  test("of a status is told of the next one", async () => {
    const source = createTestSource();
    const tidings = source.connect();
    onTestFinished(() => tidings.close());
    const states: string[] = [];
    const again = (): void => {
      const stop = tidings.status.subscribe(() => {
        stop();
        states.push(tidings.status.getSnapshot().state);
        if (states.length < 100) again();
      });
    };
    again();
    tidings.onAny("a", () => undefined);
    await source.settled();
    expect(states).toEqual(["connecting", "replaying", "live"]);
  });

  test("of a reset begins after it", async () => {
    const source = createTestSource();
    const tidings = source.connect();
    onTestFinished(() => tidings.close());
    let resets = 0;
    let stop = (): void => undefined;
    const begin = (): void => {
      stop();
      stop = tidings.onAny("a", () => undefined, { resync: () => void (++resets < 100 && begin()) });
    };
    begin();
    await source.settled();
    await source.emit("a", "x", 1);
    await source.restart();
    await source.advance(5_000);
    expect(resets).toBe(1);
  });
});

test("on a client that the server closed, an iterator ends with the reason and a handler is told it", async () => {
  const source = createTestSource();
  await source.fail(410);
  const tidings = source.connect();
  onTestFinished(() => tidings.close());
  tidings.onAny("a", () => undefined);
  await source.settled();
  expect(tidings.status.getSnapshot().state).toBe("closed");
  const told: unknown[] = [];
  const heard: unknown[] = [];
  tidings.onAny("a", ({ data }) => heard.push(data), { onError: ({ status }) => told.push(status) });
  expect(told).toEqual([410]);
  await expect(tidings.subscribe("a").next()).rejects.toMatchObject({ status: 410 });
  expect(tidings.inspect().topics).toEqual({ a: 2 });
  tidings.reconnect();
  await source.settled();
  await source.emit("a", "x", 1);
  expect(heard).toEqual([1]);
});

test("a client that is closed while its cursor is loaded opens nothing", async () => {
  const store = Promise.withResolvers<undefined>();
  const server = await startHub();
  const tidings = client(server.url, { cursorStore: { load: () => store.promise, save: () => undefined } });
  tidings.onAny("a", () => undefined);
  await Promise.resolve();
  tidings.close();
  store.resolve(undefined);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(server.requests).toEqual([]);
});

test("a signal that lives on keeps nothing of a closed client", () => {
  const { signal } = new AbortController();
  const tidings = client("http://127.0.0.1:1/events");
  tidings.onAny("a", () => undefined, { signal });
  tidings.onAny("b", () => undefined, { signal })();
  expect(getEventListeners(signal, "abort").length).toBe(1);
  tidings.close();
  expect(getEventListeners(signal, "abort")).toEqual([]);
});

test("what a callback throws is an error of the client's in inspect", async () => {
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  onTestFinished(() => void vi.restoreAllMocks());
  const server = await startHub();
  const tidings = client(server.url);
  tidings.status.subscribe(() => {
    throw new RangeError("theirs");
  });
  tidings.onAny("a", () => undefined);
  await live(tidings);
  expect(tidings.inspect().errors[0]).toMatchObject({ name: "ClientError", code: "handler-failed", message: "theirs" });
});

test("a late handler whose last events are refused for long is told so, and goes on with what came meanwhile", async () => {
  const server = await startHub({
    before(req, res) {
      const refuses = req.url?.includes("from=") === true;
      if (refuses) res.writeHead(429).end();
      return refuses;
    },
  });
  const tidings = client(server.url);
  tidings.onAny("a", () => undefined);
  await live(tidings);
  const told: unknown[] = [];
  const heard: unknown[] = [];
  tidings.onAny("a", ({ data }) => heard.push(data), { from: "last:1", onError: ({ status }) => told.push(status) });
  await server.hub.publish("a", { data: 1 });
  await expect.poll(() => heard).toEqual([1]);
  expect(told).toEqual([429]);
  await server.hub.publish("a", { data: 2 });
  await expect.poll(() => heard).toEqual([1, 2]);
});
