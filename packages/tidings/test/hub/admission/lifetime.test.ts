import { connect } from "node:net";

import { describe, expect, onTestFinished, test } from "vitest";

import { createHub, type Hub, type HubOptions } from "../../../src/index.ts";
import { FrameReader, isPublished, type Frame } from "../../frames.ts";
import { get } from "../../http/connection.ts";
import { listen } from "../../http/node-server.ts";
import { request, Stream } from "../../stream.ts";
import { ClockedRuntime } from "./clock.ts";

function hubOf(options: HubOptions): Hub {
  const hub = createHub(options);
  onTestFinished(() => hub.close({ drain: 0 }));
  return hub;
}

describe("a connection with a longest lifetime", () => {
  test("ends within a fifth of it, each at a time of its own, told when to come back and with nothing lost", async () => {
    const runtime = new ClockedRuntime();
    const hub = hubOf({ runtime, maxLifetime: "10m", heartbeat: "1h", retry: { min: 700, max: 900 } });
    const streams = await Promise.all(
      Array.from({ length: 100 }, async () => new Stream(await hub.fetch(request(), { topics: ["a"] }))),
    );
    for (const stream of streams) await stream.live();
    const { id } = await hub.publish("a", { data: "1" });
    for (const stream of streams) await stream.events(1);

    runtime.free(7.9 * 60_000);
    expect(hub.stats().subscribers).toBe(100);
    const perMinute: number[] = [];
    for (let minute = 8; minute < 12; minute++) {
      const before = hub.stats().subscribers;
      runtime.free(60_000);
      await new Promise(setImmediate);
      perMinute.push(before - hub.stats().subscribers);
    }
    runtime.free(10_000);
    await expect.poll(() => hub.stats()).toMatchObject({ subscribers: 0, closed: { expired: 100 } });
    for (const count of perMinute) expect(count).toBeGreaterThan(5);

    const missed = await hub.publish("a", { data: "2" });
    for (const stream of streams) {
      await stream.until(() => false);
      expect(stream.lastEventId).toBe(id);
      const { retry, data, event } = stream.frames.at(-1) as Frame;
      expect([data, event]).toEqual([undefined, "message"]);
      expect(retry).toBeGreaterThanOrEqual(700);
      expect(retry).toBeLessThanOrEqual(900);
    }
    const resumed = new Stream(await hub.fetch(request(id), { topics: ["a"] }));
    expect((await resumed.events(1)).map((frame) => frame.id)).toEqual([missed.id]);
  });

  test("leaves no timer behind when the last one has gone", async () => {
    const runtime = new ClockedRuntime();
    const hub = hubOf({ runtime, maxLifetime: "1m", shed: false });
    const stream = new Stream(await hub.fetch(request(), { topics: ["a"] }));
    await stream.live();
    expect(runtime.timers).toBe(2);
    await stream.cancel();
    await expect.poll(() => hub.stats().subscribers).toBe(0);
    runtime.free(5_000);
    expect(runtime.timers).toBe(0);
  });

  test("is not cut inside a snapshot, which would begin anew", async () => {
    const runtime = new ClockedRuntime();
    const hub = hubOf({ runtime, maxLifetime: "1s", heartbeat: "1h" });
    const { promise, resolve } = Promise.withResolvers<void>();
    async function* snapshot(): AsyncGenerator<{ data: string }> {
      yield { data: "half" };
      await promise;
      yield { data: "whole" };
    }
    const stream = new Stream(await hub.fetch(request(), { topics: ["a"], snapshot }));
    await stream.events(1);
    runtime.free(5_000);
    resolve();
    await stream.live();
    expect((await stream.events(2)).map(({ data }) => data)).toEqual(["half", "whole"]);
    runtime.free(1_000);
    await stream.until(() => false);
    expect(hub.stats().closed.expired).toBe(1);
  });

  test.for(["99ms", 0, -1, "soon"])("of %s cannot be", (maxLifetime) => {
    expect(() => createHub({ maxLifetime })).toThrow(expect.objectContaining({ code: "bad-option" }));
  });
});

/** A client as `EventSource` is one: comes back with its last id, when it was told to. */
class Client {
  readonly seen: string[] = [];
  connections = 0;

  /** What the stream ends with is when to come back. */
  async follow(port: number, until: AbortSignal): Promise<void> {
    let lastEventId = "";
    while (!until.aborted) {
      const socket = connect(port, "127.0.0.1");
      socket.write(get("/", { "Last-Event-ID": lastEventId }));
      this.connections++;
      const end = (): void => void socket.destroy();
      until.addEventListener("abort", end);
      const reader = new FrameReader();
      let retry = 0;
      // The head is read as further fields of the first frame, which do no harm.
      for await (const bytes of socket as AsyncIterable<Buffer>) {
        for (const frame of reader.read(bytes)) {
          expect(["tidings:gap", "tidings:reset"]).not.toContain(frame.event);
          lastEventId = frame.id ?? lastEventId;
          retry = frame.retry ?? retry;
          if (isPublished(frame)) this.seen.push(frame.data ?? "");
        }
      }
      until.removeEventListener("abort", end);
      if (!until.aborted) await new Promise((resolve) => setTimeout(resolve, retry));
    }
  }
}

test(
  "200 clients whose connections last a second lose and repeat nothing while publishing goes on",
  { timeout: 120_000 },
  async () => {
    const hub = hubOf({ maxLifetime: "1s", retry: { min: 20, max: 100 }, shed: false });
    const { port } = await listen((req, res) => void hub.serve(req, res, { topics: ["a"], from: "earliest" }));
    const end = new AbortController();
    const clients = Array.from({ length: 200 }, () => new Client());
    const following = clients.map((client) => client.follow(port, end.signal).catch(() => undefined));

    const published: string[] = [];
    while (hub.stats().closed.expired < 600) {
      const data = String(published.length);
      published.push(data);
      await hub.publish("a", { data });
      await new Promise((resolve) => setTimeout(resolve, 40));
    }
    await expect
      .poll(() => clients.filter(({ seen }) => seen.length < published.length).length, { timeout: 30_000 })
      .toBe(0);
    end.abort();
    await Promise.all(following);
    for (const { seen } of clients) expect(seen).toEqual(published);
    expect(Math.min(...clients.map(({ connections }) => connections))).toBeGreaterThan(1);
    expect(hub.stats()).toMatchObject({ gaps: 0, resets: 0 });
  },
);
