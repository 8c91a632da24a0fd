import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";

import { expect, onTestFinished, test } from "vitest";

import { Chance } from "../../../../harness/src/chance.ts";
import { FaultProxy } from "../../../../harness/src/proxy/fault-proxy.ts";
import type { Notice } from "../../../src/client/index.ts";
import { createHub, memoryLog, type Hub } from "../../../src/index.ts";
import { listen } from "../../http/node-server.ts";
import { client } from "./hub-server.ts";

/** `FAULT_EVENTS=1000000 npx vitest run faults` by hand. */
const EVENTS = Number(process.env["FAULT_EVENTS"] ?? 20_000);
const BATCH = EVENTS / 200;
/** Connections whose bytes come in small pieces: they carry half a megabyte a second. */
const SLICED = Math.min(0.1, 6_000 / EVENTS);
const TOPICS = ["a", "b", "c/1", "c/2"];

/** Answers streams as the hub does, but with CRLF, and with some events twice. */
async function answerTwice(hub: Hub, chance: Chance, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const url = new URL(req.url ?? "", "http://hub.test");
  const left = new AbortController();
  res.on("close", () => left.abort());
  const headers = { "Last-Event-ID": String(req.headers["last-event-id"] ?? "") };
  const asked = new Request(url, { headers, signal: left.signal });
  const response = await hub.fetch(asked, { topics: url.searchParams.getAll("topic") });
  res.writeHead(200, { "Content-Type": "text/event-stream" });
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for await (const bytes of response.body ?? []) {
      const frames = (rest + decoder.decode(bytes, { stream: true })).split("\n\n");
      rest = frames.pop() ?? "";
      const text = frames.flatMap((frame) => {
        const whole = `${frame}\n\n`.replaceAll("\n", "\r\n");
        return chance.happens(0.02) && !frame.includes("event: tidings:") ? [whole, whole] : [whole];
      });
      if (!res.write(text.join(""))) await once(res, "drain", { signal: left.signal });
    }
  } catch {
    // The client is gone.
  }
}

test(
  "through cuts anywhere, half-open connections and duplicates every event is at its handler once, in order",
  { timeout: 600_000 },
  async () => {
    const seed = Date.now() % 1_000_000;
    const chance = new Chance(seed);
    const log = memoryLog({ maxEvents: EVENTS + 10_000, maxAge: "1h", maxBytes: 1_000_000_000 });
    const hub = createHub({ log, maxBatch: BATCH, heartbeat: 200, retry: { min: 10, max: 40 } });
    onTestFinished(() => hub.close({ drain: 0 }));
    const { port } = await listen((req, res) => void answerTwice(hub, chance, req, res));
    const proxy = new FaultProxy({ target: () => port, seed });
    onTestFinished(() => proxy.close());
    const address = `http://127.0.0.1:${await proxy.listen()}/events`;
    const tidings = client(address);

    const next = new Map<string, number>();
    const wrong: string[] = [];
    let handed = 0;
    const take = (topic: string, text: string): void => {
      const [n, tail] = JSON.parse(text) as [number, string];
      const expected = next.get(topic) ?? 0;
      if (n !== expected || tail !== "grüße 🚀") wrong.push(`${topic}: ${n} instead of ${expected}`);
      next.set(topic, n + 1);
      handed++;
    };
    for (const topic of ["a", "b"]) tidings.onAny(topic, ({ text }) => take(topic, text));
    tidings.onAny("c/*", ({ topic, text }) => take(topic, text));
    await expect.poll(() => tidings.status.getSnapshot().state).toBe("live");

    proxy.weather = { late: 0.2, latency: 3, sliced: SLICED, cut: 1, cutWithin: Math.max(100_000, EVENTS * 4) };
    tidings.reconnect();
    let published = 0;
    let halves = 0;
    while (published < EVENTS) {
      const batch = Array.from({ length: BATCH }, (_, index) => {
        const n = published + index;
        return { topic: TOPICS[n % 4] as string, data: [Math.floor(n / 4), "grüße 🚀"] };
      });
      await hub.publishBatch(batch);
      published += BATCH;
      if (published % (EVENTS / 4) === 0) {
        // Dead in both directions, and no one hears of it.
        for (const connection of proxy.connections) connection.blackhole("both");
        halves++;
      }
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await expect.poll(() => handed + wrong.length, { timeout: 500_000, interval: 100 }).toBeGreaterThanOrEqual(EVENTS);
    expect(wrong.slice(0, 5), `seed ${seed}`).toEqual([]);
    expect(handed, `seed ${seed}`).toBe(EVENTS);
    const { connections, duplicates, gaps, resets, events } = tidings.inspect();
    process.stdout.write(
      `faults: ${EVENTS} events, ${connections} connections, ${halves} half-open, ${duplicates} duplicates\n`,
    );
    expect({ gaps, resets, events }, `seed ${seed}`).toEqual({ gaps: 0, resets: 0, events: EVENTS });
    expect(connections, `seed ${seed}`).toBeGreaterThan(5);
    expect(duplicates, `seed ${seed}`).toBeGreaterThan(10);
  },
);

test(
  "a hub that was killed and begins with an empty log: one reset each time, then complete",
  { timeout: 60_000 },
  async () => {
    let hub = createHub({ retry: { min: 10, max: 40 } });
    const { server, url } = await listen((req, res) => {
      const { searchParams } = new URL(req.url ?? "", "http://hub");
      void hub.serve(req, res, { topics: searchParams.getAll("topic") });
    });
    onTestFinished(() => hub.close({ drain: 0 }));
    const notices: Notice[] = [];
    const heard: unknown[] = [];
    const tidings = client(`${url}/events`, { resync: (notice) => void notices.push(notice) });
    tidings.onAny("a", ({ data }) => heard.push(data), { resync: ({ kind }) => void heard.push(kind) });
    const expected: unknown[] = [];
    await expect.poll(() => tidings.status.getSnapshot().state).toBe("live");
    for (let life = 0; life < 5; life++) {
      for (let n = 0; n < 200; n++) {
        await hub.publish("a", { data: life * 1_000 + n });
        expected.push(life * 1_000 + n);
      }
      await expect.poll(() => heard).toEqual(expected);
      // As a process that is killed: no one is told anything, and the log is gone.
      const dead = hub;
      hub = createHub({ retry: { min: 10, max: 40 } });
      server.closeAllConnections();
      await dead.close({ drain: 0 });
      expected.push("reset");
      await expect.poll(() => heard.length, { timeout: 10_000 }).toBe(expected.length);
    }
    expect(notices.map(({ kind }) => kind)).toEqual(Array.from({ length: 5 }, () => "reset"));
    expect(tidings.inspect()).toMatchObject({ resets: 5, gaps: 0, duplicates: 0 });
  },
);
