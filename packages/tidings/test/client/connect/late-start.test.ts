import { describe, expect, onTestFinished, test } from "vitest";

import type { Tidings } from "../../../src/client/index.ts";
import { createHub, memoryLog, type Hub } from "../../../src/index.ts";
import { listen } from "../../http/node-server.ts";
import { client, live, startHub, type HubServer } from "./hub-server.ts";

/** Publishes numbers, one after the other, as fast as they are taken. */
function publishing(hub: Hub, topics: readonly string[]): { stop: () => Promise<number> } {
  let n = 0;
  const flowing = { on: true };
  const done = (async () => {
    while (flowing.on) {
      await hub.publishBatch(topics.map((topic) => ({ topic, data: n })));
      n++;
      await new Promise((resolve) => setImmediate(resolve));
    }
  })();
  return {
    async stop() {
      flowing.on = false;
      await done;
      return n;
    },
  };
}

function hear(tidings: Tidings, topic: string, from: `last:${number}`): number[] {
  const heard: number[] = [];
  tidings.onAny<number>(topic, ({ data }) => heard.push(data), { from });
  return heard;
}

/** From its first number on each follows the one before: nothing is missing, nothing there twice, all in order. */
function expectRun(heard: readonly number[], end: number): void {
  expect(heard).toEqual(Array.from({ length: end - (heard[0] ?? 0) }, (_, index) => (heard[0] ?? 0) + index));
}

describe.each([true, false])("a handler that asks for the last events (the server takes changes: %s)", (changes) => {
  test("gets them first, and then all that follow, on a topic that is there and on a new one", async () => {
    const server: HubServer = await startHub({ changes });
    await server.hub.publish("a", { data: "before" });
    await server.hub.publish("b", { data: "b" });
    const tidings = client(server.url);
    const heard: unknown[] = [];
    tidings.onAny("a", ({ data }) => heard.push(["now", data]), { parse: String });
    await live(tidings);
    tidings.onAny("a", ({ data, id }) => heard.push(["last", data, id !== undefined]), {
      from: "last:1",
      parse: String,
    });
    tidings.onAny("*", ({ data }) => heard.push(["all", data]), { from: "last:1", parse: String });
    await expect.poll(() => heard.length).toBe(3);
    expect(heard).toEqual([
      ["last", "before", true],
      ["all", "before"],
      ["all", "b"],
    ]);
    await server.hub.publish("a", { data: "after" });
    await expect.poll(() => heard.length).toBe(6);
    expect(new Set(heard.slice(3).map(String))).toEqual(new Set(["now,after", "last,after,true", "all,after"]));
  });

  test("misses nothing and gets nothing twice while events flow, even when the stream is cut", async () => {
    const server = await startHub({ changes });
    const tidings = client(server.url);
    const all: number[] = [];
    tidings.onAny<number>("a", ({ data }) => all.push(data));
    await live(tidings);
    const flow = publishing(server.hub, ["a", "b", "c"]);
    const heard: number[][] = [];
    for (let round = 0; round < 12; round++) {
      const before = all.length;
      heard.push(hear(tidings, "a", "last:1"), hear(tidings, "b", "last:3"));
      if (round % 4 === 3) server.cut();
      await expect.poll(() => all.length > before + 20 && heard.every((run) => run.length > 20)).toBe(true);
    }
    const end = await flow.stop();
    await expect.poll(() => heard.every((run) => run.at(-1) === end - 1), { timeout: 10_000 }).toBe(true);
    for (const run of heard) expectRun(run, end);
    await expect.poll(() => all.at(-1)).toBe(end - 1);
    expectRun(all, end);
    expect(tidings.inspect()).toMatchObject({ gaps: 0, resets: 0 });
  });
});

test("after a gap, who asked for the last events gets them again, and the others what is left", async () => {
  let refuses = false;
  const server = await startHub({
    log: memoryLog({ maxEvents: 3 }),
    before(_, res) {
      if (refuses) res.writeHead(503).end();
      return refuses;
    },
  });
  const tidings = client(server.url);
  const last: unknown[] = [];
  const plain: unknown[] = [];
  tidings.onAny("a", ({ data }) => last.push(data), { from: "last:1", resync: ({ kind }) => void last.push(kind) });
  tidings.onAny("a", ({ data }) => plain.push(data), { resync: ({ kind }) => void plain.push(kind) });
  await live(tidings);
  await server.hub.publish("a", { data: 0 });
  await expect.poll(() => [last, plain]).toEqual([[0], [0]]);
  refuses = true;
  server.cut();
  await expect.poll(() => tidings.status.getSnapshot().state).toBe("waiting");
  for (let n = 1; n <= 10; n++) await server.hub.publish("a", { data: n });
  refuses = false;
  await expect
    .poll(() => [last, plain], { timeout: 5_000 })
    .toEqual([
      [0, "gap", 10],
      [0, "gap", 8, 9, 10],
    ]);
  await server.hub.publish("a", { data: 11 });
  await expect.poll(() => [last.at(-1), plain.at(-1)]).toEqual([11, 11]);
  expect([last.length, plain.length]).toEqual([4, 6]);
  expect(tidings.inspect()).toMatchObject({ gaps: 1, resets: 0 });
});

test("a handler that asks for the snapshot gets it, and exactly what follows it", async () => {
  const hub = createHub({ retry: { min: 20, max: 60 } });
  onTestFinished(() => hub.close({ drain: 0 }));
  let sum = 0;
  const { url } = await listen((req, res) => {
    void hub.serve(req, res, { topics: ["sum"], snapshot: () => ({ topic: "sum", event: "state", data: sum }) });
  });
  const tidings = client(`${url}/events`);
  const first: [string, number][] = [];
  tidings.onAny<number>("sum", ({ event, data }) => first.push([event, data]), { from: "snapshot" });
  await live(tidings);
  const flowing = { on: true };
  const flow = (async () => {
    for (let n = 1; flowing.on; n++) {
      // The state has what was published: so does whoever reads it afterwards.
      const published = hub.publish("sum", { event: "add", data: n });
      sum += n;
      await published;
      await new Promise((resolve) => setImmediate(resolve));
    }
  })();
  const second: [string, number][] = [];
  tidings.onAny<number>("sum", ({ event, data }) => second.push([event, data]), { from: "snapshot" });
  await expect.poll(() => Math.min(first.length, second.length)).toBeGreaterThan(100);
  flowing.on = false;
  await flow;
  const total = (seen: [string, number][]): number =>
    seen.reduce((of, [event, n]) => (event === "state" ? n : of + n), 0);
  await expect.poll(() => [total(first), total(second)]).toEqual([sum, sum]);
  expect(second[0]?.[0]).toBe("state");
});

test("a late handler asks for nothing while the stream waits", async () => {
  let refuses = false;
  const server = await startHub({
    before(_, res) {
      if (refuses) res.writeHead(503, { "Retry-After": "3600" }).end();
      return refuses;
    },
  });
  await server.hub.publish("a", { data: 1 });
  const tidings = client(server.url);
  tidings.onAny("a", () => undefined);
  await live(tidings);
  refuses = true;
  server.cut();
  const waits = (): boolean => tidings.status.getSnapshot().error?.code === "refused";
  await expect.poll(waits).toBe(true);
  refuses = false;
  const before = server.requests.length;
  const heard = hear(tidings, "a", "last:1");
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(server.requests.length).toBe(before);
  tidings.reconnect();
  await expect.poll(() => heard).toEqual([1]);
});

test("a late handler waits, and does not ask all the time, while the log is past the cursor of a quiet stream", async () => {
  const server = await startHub({ log: memoryLog({ maxEvents: 3 }), heartbeat: 1_500 });
  await server.hub.publish("a", { data: 1 });
  const tidings = client(server.url);
  tidings.onAny("b", () => undefined);
  await live(tidings);
  tidings.onAny("a", () => undefined);
  await expect.poll(() => server.requests.length).toBe(2);
  for (let n = 0; n < 10; n++) await server.hub.publish("c", { data: n });
  const before = server.requests.length;
  const heard = hear(tidings, "b", "last:1");
  await server.hub.publish("c", { data: 10 });
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  expect(server.requests.length - before).toBeLessThan(13);
  await server.hub.publish("b", { data: 2 });
  await expect.poll(() => heard).toEqual([2]);
});
