import { createServer } from "node:https";
import { readFileSync } from "node:fs";
import { connect, type TLSSocket } from "node:tls";

import { expect, onTestFinished, test } from "vitest";

import { createHub, memoryLog, type Hub, type StreamEnd } from "../../src/node/entry.ts";
import { FrameReader, isPublished } from "../frames.ts";
import { listenOn } from "../http/node-server.ts";
import { SELF_SIGNED } from "./self-signed.ts";

async function serve(policy?: "disconnect"): Promise<{ hub: Hub; port: number; ends: StreamEnd[] }> {
  const hub = createHub({ log: memoryLog({ maxBytes: 64 * 1024 * 1024 }) });
  const ends: StreamEnd[] = [];
  const server = createServer(SELF_SIGNED, async (req, res) => {
    ends.push(await hub.serve(req, res, { topics: ["a"], policy }));
  });
  const port = await listenOn(server);
  onTestFinished(() => hub.close({ drain: 0 }));
  return { hub, port, ends };
}

/** Connects to a stream and does not read on once it is live. */
async function connectAndStop(port: number, numbers: number[]): Promise<TLSSocket> {
  const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false });
  onTestFinished(() => void socket.destroy());
  const reader = new FrameReader();
  socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  await new Promise<void>((resolve) => {
    socket.on("data", (bytes: Buffer) => {
      const frames = reader.read(bytes);
      numbers.push(...frames.filter(isPublished).map(({ data = "" }) => parseInt(data, 10)));
      if (frames.some(({ event }) => event === "tidings:live")) resolve();
    });
  });
  socket.pause();
  return socket;
}

/** What the kernel holds for the connection of a port that holds most, in bytes. */
function mostHeld(port: number): number {
  const name = port.toString(16).toUpperCase().padStart(4, "0");
  const rows = readFileSync("/proc/self/net/tcp", "utf8").split("\n");
  const own = rows.map((row) => row.trim().split(/\s+/)).filter(([, local]) => local?.endsWith(`:${name}`));
  return Math.max(0, ...own.map(([, , , , queues = ""]) => parseInt(queues, 16)));
}

test(
  "over TLS the kernel holds no more than half a mebibyte for a client that does not read",
  { timeout: 120_000 },
  async () => {
    const { hub, port } = await serve();
    const numbers: number[] = [];
    const socket = await connectAndStop(port, numbers);
    let most = 0;
    for (let n = 0; n < 50; n++) {
      await hub.publish("a", { data: `${n} ${"x".repeat(40_000)}` });
      await new Promise((resolve) => setImmediate(resolve));
      if (n % 10 === 0) most = Math.max(most, mostHeld(port));
    }
    await expect.poll(() => hub.stats().subscribersByState.catchingUp).toBe(1);
    expect(Math.max(most, mostHeld(port))).toBeLessThanOrEqual(512 * 1024);
    socket.resume();
    await expect.poll(() => numbers.length, { timeout: 60_000 }).toBe(50);
    expect(numbers).toEqual(numbers.map((_, n) => n));
  },
);

test("over TLS, where Node has no reset, a client that does not keep up is cut all the same", async () => {
  const { hub, port, ends } = await serve("disconnect");
  await connectAndStop(port, []);
  for (let n = 0; n < 100; n++) await hub.publish("a", { data: "x".repeat(60_000) });
  await expect.poll(() => ends, { timeout: 10_000 }).toEqual(["slow"]);
});
