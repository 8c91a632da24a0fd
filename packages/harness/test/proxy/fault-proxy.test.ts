import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";

import { afterEach, describe, expect, test } from "vitest";

import { FaultProxy } from "../../src/proxy/fault-proxy.ts";
import { FAIR, type Weather } from "../../src/proxy/faults.ts";

const MESSAGE = Buffer.from(Array.from({ length: 20_000 }, (_, index) => index % 251));

interface Line {
  readonly client: Socket;
  readonly server: Socket;
  /** What the client got, how it came, and how it ended. */
  readonly got: { chunks: Buffer[]; end: "open" | "fin" | "reset" };
}

const closing: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function proxied(
  seed = 1,
): Promise<{ proxy: FaultProxy; port: number; cuts: unknown[]; dial: () => Promise<Line> }> {
  const cuts: unknown[] = [];
  const target: Server = createServer({ allowHalfOpen: true });
  target.listen(0, "127.0.0.1");
  await once(target, "listening");
  const onFault = (what: string, connection: number): void => void cuts.push([connection, what]);
  const proxy = new FaultProxy({ target: () => (target.address() as AddressInfo).port, seed, onFault });
  const port = await proxy.listen();
  closing.push(
    () => proxy.close(),
    () => void target.close(),
  );
  return {
    proxy,
    port,
    cuts,
    async dial() {
      const accepted = once(target, "connection") as Promise<[Socket]>;
      const client = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
      const got: Line["got"] = { chunks: [], end: "open" };
      client.on("data", (bytes: Buffer) => got.chunks.push(bytes));
      client.on("end", () => (got.end = "fin"));
      client.on("error", () => (got.end = "reset"));
      const [server] = await accepted;
      server.on("error", () => undefined);
      closing.unshift(() => {
        client.destroy();
        server.destroy();
      });
      return { client, server, got };
    },
  };
}

function weather(some: Partial<Weather>): Weather {
  return { ...FAIR, latency: 1, ...some };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
}

function length({ got }: Line): number {
  return got.chunks.reduce((sum, { length: each }) => sum + each, 0);
}

describe("the fault proxy", () => {
  test("hands on every byte both ways, and the end", async () => {
    const { dial } = await proxied();
    const line = await dial();
    line.server.write(MESSAGE);
    await until(() => length(line) === MESSAGE.length);
    expect(Buffer.concat(line.got.chunks).equals(MESSAGE)).toBe(true);
    const heard: Buffer[] = [];
    line.server.on("data", (bytes: Buffer) => heard.push(bytes));
    line.client.end("hello");
    await once(line.server, "end");
    expect(Buffer.concat(heard).toString()).toBe("hello");
    line.server.end();
    await until(() => line.got.end === "fin");
  });

  test("hands them on in order where they are late and in pieces", async () => {
    const { proxy, dial } = await proxied(5);
    proxy.weather = weather({ late: 1, latency: 3, sliced: 1 });
    const line = await dial();
    line.server.write(MESSAGE);
    await until(() => length(line) === MESSAGE.length);
    expect(Buffer.concat(line.got.chunks).equals(MESSAGE)).toBe(true);
    expect(line.got.chunks.length).toBeGreaterThan(20);
  });

  test("cuts after a number of bytes, which the seed decides for each connection", async () => {
    const cutsOf = async (seed: number): Promise<unknown[]> => {
      const { proxy, cuts, dial } = await proxied(seed);
      proxy.weather = weather({ cut: 1, cutWithin: 5_000 });
      for (let connection = 1; connection <= 4; connection++) {
        const line = await dial();
        const { cutAfter = 0 } = proxy.connections[0]?.faults.down ?? {};
        line.server.write(MESSAGE);
        await until(() => line.got.end !== "open" || line.client.closed);
        expect(Buffer.concat(line.got.chunks).equals(MESSAGE.subarray(0, length(line)))).toBe(true);
        // A reset drops what the client had not read.
        if (line.got.end === "fin") expect(length(line)).toBe(cutAfter);
        else expect(length(line)).toBeLessThanOrEqual(cutAfter);
        cuts.push(cutAfter);
        line.server.destroy();
        line.client.destroy();
        await until(() => proxy.connections.length === 0);
      }
      return cuts;
    };
    const once7 = await cutsOf(7);
    expect(await cutsOf(7)).toEqual(once7);
    expect(await cutsOf(8)).not.toEqual(once7);
  });

  test("ends as it is told: by FIN, by reset, or for the client alone", async () => {
    const { proxy, dial } = await proxied();
    const fin = await dial();
    proxy.connections.at(-1)?.cut("fin");
    await until(() => fin.got.end === "fin");

    const reset = await dial();
    const ended = new Promise((resolve) => reset.server.on("close", resolve));
    proxy.connections.at(-1)?.cut("reset");
    await until(() => reset.got.end === "reset");
    await ended;

    const half = await dial();
    proxy.connections.at(-1)?.cut("half");
    await until(() => half.got.end === "fin");
    // The server does not know, and what it sends goes nowhere.
    half.server.write(MESSAGE);
    await until(() => half.server.bytesWritten === MESSAGE.length && half.server.writableLength === 0);
    expect([half.server.destroyed, length(half)]).toEqual([false, 0]);
  });

  test("holds bytes back until they are released, and the sender feels it", async () => {
    const { proxy, dial } = await proxied();
    const line = await dial();
    proxy.connections.at(-1)?.hold("down");
    // More than all buffers between take.
    const much = Buffer.alloc(32 * 1024 * 1024, 1);
    line.server.write(much);
    let seen = -1;
    await until(() => seen === (seen = line.server.writableLength) && seen > 0);
    expect(length(line)).toBe(0);
    proxy.connections.at(-1)?.release();
    await until(() => length(line) === much.length);
  });

  test("throws bytes away one way, while the other goes on", async () => {
    const { proxy, dial } = await proxied();
    const line = await dial();
    proxy.connections.at(-1)?.blackhole("down");
    line.server.write(MESSAGE);
    const heard = once(line.server, "data");
    line.client.write("still here");
    await heard;
    expect([length(line), line.got.end]).toEqual([0, "open"]);
    // Lost bytes cannot be healed: the connection is ended.
    proxy.heal();
    await until(() => line.got.end === "reset");
  });

  test("heals lines that are slow: what waits comes at once, in order, and so does what follows", async () => {
    const { proxy, dial } = await proxied();
    proxy.weather = weather({ late: 1, latency: 3_600_000, sliced: 1, cut: 1, cutWithin: 60_000 });
    const line = await dial();
    line.server.write(MESSAGE);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(length(line)).toBe(0);
    proxy.heal();
    for (let times = 0; times < 4; times++) line.server.write(MESSAGE);
    await until(() => length(line) === 5 * MESSAGE.length);
    expect(Buffer.concat(line.got.chunks).equals(Buffer.concat(Array.from({ length: 5 }, () => MESSAGE)))).toBe(true);
    expect(line.got.end).toBe("open");
  });

  test("refuses while it is told to", async () => {
    const { proxy, port, dial } = await proxied();
    proxy.refuses = true;
    const refused = connect(port, "127.0.0.1");
    await new Promise((resolve) => {
      refused.on("error", () => undefined);
      refused.on("close", resolve);
    });
    proxy.refuses = false;
    const line = await dial();
    line.server.write("x");
    await until(() => length(line) === 1);
  });
});
