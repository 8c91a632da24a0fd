import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { totalmem, tmpdir } from "node:os";
import { join } from "node:path";

import { createHub, type Hub } from "tidings";
import { afterEach, beforeEach, expect, test } from "vitest";

import { createDemo, type Demo } from "../../src/demo/index.ts";
import { readEvents, type ReadEvent } from "./read-events.ts";

let hub: Hub;
let demo: Demo | undefined;
let server: Server | undefined;
let leave: AbortController;

beforeEach(() => {
  hub = createHub();
  leave = new AbortController();
});
afterEach(async () => {
  leave.abort();
  demo?.close();
  server?.close();
  await hub.close({ drain: 0 });
});

/** Events of the hub from the first on, until the condition on all of them holds. */
async function collect(enough: (events: readonly ReadEvent[]) => boolean): Promise<ReadEvent[]> {
  const events: ReadEvent[] = [];
  for await (const event of readEvents(hub, ["demo/**"], leave.signal)) {
    if (!event.event.startsWith("tidings:")) events.push(event);
    if (enough(events)) break;
  }
  return events;
}

test("each metric comes as its own event with a real value, all under one counter", async () => {
  demo = createDemo(hub);
  const events = await collect((all) => all.filter(({ event }) => event === "metric").length >= 8);
  const seqs = events.map(({ data }) => data["seq"]);
  expect(seqs).toEqual(seqs.map((_, i) => Number(seqs[0]) + i));
  expect(seqs[0]).toBe(1);
  const metrics = events.filter(({ event }) => event === "metric").map(({ data }) => data);
  expect(new Set(metrics.map(({ metric }) => metric))).toEqual(new Set(["cpu", "memory", "connections", "events"]));
  expect(metrics.find(({ metric }) => metric === "memory")).toMatchObject({ total: totalmem() });
  expect(metrics.findLast(({ metric }) => metric === "connections")).toMatchObject({ value: 1 });
  for (const { at } of metrics) expect(Math.abs(Date.now() - Number(at))).toBeLessThan(30_000);
});

test("who joins and who leaves is told", async () => {
  demo = createDemo(hub);
  const left = (all: readonly ReadEvent[]): boolean => all.some(({ data }) => String(data["text"]).includes("ended"));
  const joined = (all: readonly ReadEvent[]): boolean =>
    all.some(({ data }) => String(data["title"]).includes("joined"));
  const told = collect((all) => left(all) && joined(all));
  const other = new AbortController();
  for await (const event of readEvents(hub, ["other"], other.signal)) if (event.event === "tidings:live") break;
  other.abort();
  const joining = (await told).find(({ event }) => event === "notification");
  expect(joining?.data).toMatchObject({ type: "info" });
});

test("an operation that cannot read its files fails, and says why", async () => {
  await operate([join(tmpdir(), "tidings-no-such-folder")]);
  const events = await collect((all) => all.some(({ event }) => event === "notification"));
  expect(events.find(({ data }) => data["state"] === "failed")?.data["reason"]).toContain("tidings-no-such-folder");
  expect(events.at(-1)?.data).toMatchObject({ type: "error" });
});

test("an operation hashes every file once", async () => {
  const folder = await mkdtemp(join(tmpdir(), "tidings-demo-"));
  await writeFile(join(folder, "a"), "12345");
  await writeFile(join(folder, "b"), "678");
  await operate([folder, folder]);
  const events = await collect((all) => all.some(({ event }) => event === "notification"));
  await rm(folder, { recursive: true });
  expect(events.find(({ data }) => data["state"] === "finished")?.data).toMatchObject({ done: 2, total: 2, bytes: 8 });
  expect(events.at(-1)?.data).toMatchObject({ type: "success" });
});

test("after close nothing is published any more", async () => {
  demo = createDemo(hub);
  await collect((all) => all.length >= 2);
  demo.close();
  const closed = hub;
  const { published } = closed.stats();
  // While another demo takes four turns this one would take four as well, had it any left.
  hub = createHub();
  demo = createDemo(hub);
  await collect((all) => all.length >= 4);
  expect(closed.stats().published).toBe(published);
});

/** Starts a demo whose operation reads these folders, and the operation. */
async function operate(folders: readonly string[]): Promise<void> {
  const started = createDemo(hub, { folders });
  demo = started;
  server = createServer((req, res) => void started.handle(req, res)).listen(0, "127.0.0.1");
  await new Promise((resolve) => server?.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  await fetch(`http://127.0.0.1:${port}/demo/operation`, { method: "POST" });
}
