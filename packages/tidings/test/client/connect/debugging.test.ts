import { inspect } from "node:util";

import { expect, test, vi, onTestFinished } from "vitest";

import { client, live, startHub } from "./hub-server.ts";

test("debug tells connections, events and why it is tried again, and nothing of the payload", async () => {
  const told: string[] = [];
  const spy = vi.spyOn(console, "debug").mockImplementation((...what) => void told.push(what.map(String).join(" ")));
  onTestFinished(() => spy.mockRestore());
  const server = await startHub();
  const tidings = client(server.url, { debug: true });
  const heard: unknown[] = [];
  tidings.on("a", "paid", (data) => heard.push(data));
  await live(tidings);
  await server.hub.publish("a", { event: "paid", data: '"secret"' });
  await expect.poll(() => heard).toEqual(["secret"]);
  server.cut();
  await expect.poll(() => told.filter((line) => line.startsWith("tidings live")).length).toBe(2);
  expect(told.find((line) => line.startsWith("tidings waiting"))).toMatch(/ClientError/);
  expect(told.some((line) => line.startsWith("tidings paid a "))).toBe(true);
  expect(told.join("\n")).not.toContain("secret");
});

test.for(["token", "headers"])("no %s that cannot be sent is in what is told", async (kind) => {
  const told: unknown[] = [];
  const spy = vi.spyOn(console, "debug").mockImplementation((...what) => void told.push(what));
  onTestFinished(() => spy.mockRestore());
  const tidings = client("http://user:s3cret@hub.invalid/events?key=s3cret", {
    debug: true,
    ...(kind === "token" ? { token: () => "s3cret\nline" } : { headers: { "X-Key": "s3cret\nline" } }),
  });
  tidings.onAny("a", () => undefined);
  await expect.poll(() => tidings.status.getSnapshot().state).toBe("waiting");
  const { url, errors } = tidings.inspect();
  expect([url, errors[0]?.code]).toEqual(["http://hub.invalid/events", "headers"]);
  expect(inspect([told, tidings.inspect()], { depth: 9 })).not.toContain("s3cret");
});

test("inspect has counters, topics and the newest errors", async () => {
  const server = await startHub();
  const tidings = client(server.url);
  const heard: unknown[] = [];
  tidings.onAny("a", ({ data }) => heard.push(data), { onError: () => undefined });
  tidings.onAny("a", () => undefined, { parse: String });
  tidings.onAny("b/*", () => undefined);
  await live(tidings);
  const { id } = await server.hub.publish("a", { data: 1 });
  await expect.poll(() => heard).toEqual([1]);
  for (let n = 1; n <= 12; n++) {
    server.cut();
    await expect.poll(() => tidings.inspect().connections).toBe(n + 1);
    await live(tidings);
  }
  const { errors, ...counters } = tidings.inspect();
  expect(counters).toMatchObject({
    url: server.url,
    topics: { a: 2, "b/*": 1 },
    cursor: id,
    connections: 13,
    events: 1,
    duplicates: 0,
    gaps: 0,
    resets: 0,
  });
  expect(errors.length).toBe(10);
  expect(errors.every(({ code }) => code === "network" || code === "ended")).toBe(true);
});

test("reconnect goes on with the cursor, and begins again what was ended for good", async () => {
  let refuses = false;
  const server = await startHub({
    before(_, res) {
      if (refuses) res.writeHead(403).end();
      return refuses;
    },
  });
  const tidings = client(server.url);
  const heard: unknown[] = [];
  tidings.onAny("a", ({ data }) => heard.push(data));
  await live(tidings);
  await server.hub.publish("a", { data: 1 });
  await expect.poll(() => heard).toEqual([1]);
  refuses = true;
  tidings.reconnect();
  await server.hub.publish("a", { data: 2 });
  await expect.poll(() => tidings.status.getSnapshot().state).toBe("closed");
  // More handlers do not make it knock again.
  const before = server.requests.length;
  tidings.onAny("b", () => undefined);
  refuses = false;
  tidings.reconnect();
  await live(tidings);
  await expect.poll(() => heard).toEqual([1, 2]);
  expect(server.requests.length).toBe(before + 1);
});
