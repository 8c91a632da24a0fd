import { queryObjects, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

import express from "express";
import { expect, test } from "vitest";

import { createFront } from "../../../src/http/index.ts";
import { Subscriber } from "../../../src/hub/subscriber.ts";
import { createHub } from "../../../src/node/entry.ts";
import { leanConnections } from "../../../src/node/index.ts";
import { LeanSink } from "../../../src/node/lean/lean-sink.ts";
import { Lease } from "../../../src/node/lean/lease.ts";
import { dial, get, type Connection } from "../../http/connection.ts";
import { listen } from "../../http/node-server.ts";
import { serve } from "./application.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

const LIVE = /event: tidings:live\n/;

function left(kept: readonly WeakRef<object>[]): number {
  collect();
  return kept.filter((each) => each.deref() !== undefined).length;
}

async function openMany(port: number, count: number): Promise<Connection[]> {
  const connections = await Promise.all(Array.from({ length: count }, () => dial(port, get("/events"))));
  return await Promise.all(connections.map((connection) => connection.until(LIVE)));
}

test("the request, the response and the connection of a lean stream are garbage while it is open", async () => {
  const { port, kept, streams, hub } = await serve({ lean: "/events" });
  await openMany(port, 20);
  expect(kept).toHaveLength(60);
  await expect.poll(() => left(kept)).toBe(0);
  expect(streams.every(({ lean, end }) => lean && end === undefined)).toBe(true);
  expect(hub.stats().subscribers).toBe(20);
});

test("of a stream that is served as ever they are not: this test can tell", async () => {
  const { port, kept } = await serve();
  await openMany(port, 20);
  for (let n = 0; n < 5; n++) expect(left(kept)).toBe(60);
});

test("neither are they in Express, with a route that hands it the promise of the stream's end", async () => {
  const hub = createHub();
  const kept: WeakRef<object>[] = [];
  const app = express();
  app.get("/events", (req, res) => {
    kept.push(new WeakRef(req), new WeakRef(res), new WeakRef(req.socket));
    return hub.serve(req, res, { topics: ["a"] });
  });
  const { port } = await listen(app, {}, leanConnections);
  await openMany(port, 20);
  expect(kept).toHaveLength(60);
  await expect.poll(() => left(kept)).toBe(0);
  await hub.close({ drain: 0 });
});

test("neither are they with a signal to end the stream", async () => {
  const hub = createHub();
  const kept: WeakRef<object>[] = [];
  const controller = new AbortController();
  const { port } = await listen(
    (req, res) => {
      kept.push(new WeakRef(req), new WeakRef(res));
      void hub.serve(req, res, { topics: ["a"], signal: controller.signal });
    },
    {},
    leanConnections,
  );
  const connections = await openMany(port, 20);
  await expect.poll(() => left(kept)).toBe(0);
  controller.abort();
  for (const connection of connections) await connection.ended();
  expect(hub.stats().closed.aborted).toBe(20);
});

test("a stream keeps its topics, and not the URL that they came in", async () => {
  const hub = createHub();
  const front = createFront(hub);
  const { port } = await listen((req, res) => void front.handle(req, res), {}, leanConnections);
  const pad = "x".repeat(15_000);
  const openAt = async (first: number): Promise<number> => {
    for (let n = first; n < first + 200; n++) {
      const topics = `topic=a/topic/of/its/own/${n}&topic=${n}`;
      await (await dial(port, get(`/events?${topics}&client=${pad}`))).until(LIVE);
    }
    for (let n = 0; n < 3; n++) await new Promise((resolve) => setImmediate(() => resolve(collect())));
    return process.memoryUsage().heapUsed;
  };
  const before = await openAt(0);
  // Both ends are in this process; 15 KB each would be 3 MB more.
  expect((await openAt(200)) - before).toBeLessThan(2_400_000);
  await hub.close({ drain: 0 });
});

test("ten thousand streams opened and closed leave nothing behind", { timeout: 120_000 }, async () => {
  const { port, streams, hub, connections } = await serve({ lean: "/events" });
  for (let round = 0; round < 20; round++) {
    const clients = await openMany(port, 500);
    for (const [n, { socket }] of clients.entries()) {
      if (n % 2 === 0) socket.resetAndDestroy();
      else socket.destroy();
    }
    await expect.poll(() => hub.stats().subscribers, { interval: 5 }).toBe(0);
  }
  expect(hub.stats().closed.client).toBe(10_000);
  expect(streams.splice(0).every(({ lean }) => lean)).toBe(true);
  expect(await connections()).toBe(0);
  for (const kind of [LeanSink, Lease, Subscriber]) {
    await expect.poll(() => queryObjects(kind, { format: "count" })).toBe(0);
  }
});
