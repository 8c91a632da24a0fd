import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { type Generator, startGenerator } from "./generator.ts";
import type { Publication } from "./requests.ts";

const streamHead = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
const publication: Publication = {
  path: "/publish",
  headers: { "Content-Type": "text/plain" },
  before: "{",
  after: "}",
};

function data(number: number, publisher = 0, micros = process.hrtime.bigint() / 1000n): string {
  const digits = (value: number | bigint, length: number): string => String(value).padStart(length, "0");
  return `~${digits(publisher, 2)}.${digits(number, 10)}.${digits(micros, 16)}.xxxx`;
}
const frame = (number: number, id = `e-${number}`): string => `id: ${id}\nevent: tick\ndata: ${data(number)}\n\n`;
const frames = (...numbers: number[]): string => numbers.map((number) => frame(number)).join("");

describe("the load generator", () => {
  let server: Server | undefined;
  let generator: Generator | undefined;

  afterEach(async () => {
    await generator?.stop();
    server?.close();
  });

  /** Serves with raw bytes: the answer to each request, in order of arrival. */
  async function serve(answer: (request: string, socket: Socket) => void): Promise<{ port: number; path: string }> {
    server = createServer((socket) => {
      socket.setEncoding("latin1");
      socket.on("data", (request: string) => answer(request, socket));
      socket.on("error", () => undefined);
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    return { port: (server.address() as AddressInfo).port, path: "/events" };
  }

  /** What it makes of one stream with this body, read so many bytes at a time. */
  async function readAll(body: string, readBytes?: number) {
    const source = await serve((_request, socket) => socket.write(streamHead + body));
    generator = await startGenerator(undefined, readBytes);
    await generator.open(source, 1);
    for (;;) {
      const { bytes, latency } = await generator.look();
      if (bytes === streamHead.length + body.length) return { ...(await generator.account(0)), latency };
    }
  }

  it("counts every event wherever the stream is cut into pieces", async () => {
    const body = `retry: 1000\n\n: hello\n\n${frames(0, 1, 2)}event: tidings:cursor\nid: 3\ndata:\n\n${frames(3, 4, 5, 6, 7, 8, 9, 10, 11)}`;
    for (const readBytes of [1, 2, 3, 7, 64, 101, 1000]) {
      const read = await readAll(body, readBytes);
      expect(read, `pieces of ${readBytes} bytes`).toMatchObject({
        deliveries: 12,
        otherFrames: 3,
        lost: 0,
        outOfOrder: 0,
      });
      await generator?.stop();
      server?.close();
    }
  });

  it("passes over the lines of a chunked body", async () => {
    const body = [0, 1, 2].map((number) => `8\r\nid: ${number}\n\r\n4d\r\n${frame(number)}\r\n`).join("");
    expect(await readAll(body)).toMatchObject({ deliveries: 3, otherFrames: 0, lost: 0, outOfOrder: 0 });
  });

  it("does not count an event that is not whole", async () => {
    expect(await readAll(frames(0, 1).slice(0, -1))).toMatchObject({ deliveries: 1 });
  });

  it("notices events that are missing, at the beginning and in between", async () => {
    expect(await readAll(frames(2, 3, 4, 7))).toMatchObject({ deliveries: 4, lost: 4, outOfOrder: 0 });
  });

  it("notices an event that comes twice, and one that comes late", async () => {
    expect(await readAll(frames(0, 1, 1, 2))).toMatchObject({ lost: 0, outOfOrder: 1 });
    await generator?.stop();
    expect(await readAll(frames(0, 2, 1, 3))).toMatchObject({ lost: 1, outOfOrder: 1 });
  });

  it("checks the order of each publisher by itself", async () => {
    const of = (publisher: number, number: number): string => `data: ${data(number, publisher)}\n\n`;
    expect(await readAll(of(0, 0) + of(1, 0) + of(1, 1) + of(0, 1) + of(1, 3))).toMatchObject({
      deliveries: 5,
      lost: 1,
      outOfOrder: 0,
    });
  });

  it("takes the latency of one event in sixteen", async () => {
    const micros = process.hrtime.bigint() / 1000n - 5_000_000n;
    const body = Array.from({ length: 160 }, (_, number) => `data: ${data(number, 0, micros)}\n\n`).join("");
    const { latency } = await readAll(body);
    expect(latency?.samples).toBe(10);
    expect(latency?.p50).toBeGreaterThanOrEqual(4_950_000);
    expect(latency?.max).toBeLessThan(60_000_000);
  });

  it("comes back with the last event id, whatever its length, and knows when everyone has everything", async () => {
    const published: string[] = [];
    const cameBackWith: string[] = [];
    const id = (number: number): string => `${"i".repeat(1 + (number % 3))}-${number}`;
    const source = await serve((request, socket) => {
      if (request.startsWith("POST")) {
        published.push(/\{(.*)\}/.exec(request)?.[1] ?? "");
        socket.write("HTTP/1.1 204 No Content\r\n\r\n");
        return;
      }
      const last = /^Last-Event-ID: (i+-(\d+))\r$/m.exec(request);
      if (last !== null) cameBackWith.push(last[1] ?? "");
      const after = last === null ? -1 : Number(last[2]);
      const events = published.map((event, number) => `id: ${id(number)}\ndata: ${event}\n\n`);
      socket.write(streamHead + events.slice(after + 1).join(""));
    });
    generator = await startGenerator(undefined);
    await generator.open(source, 0);
    await generator.publishAll(publication, 60, 5);
    await generator.open(source, 3);
    expect(await generator.account(10_000)).toMatchObject({ deliveries: 15, outstanding: 0 });
    await generator.publishAll(publication, 60, 4);
    await generator.cut();
    expect(await generator.account(0)).toMatchObject({ outstanding: 3 * 4, closedEarly: 0 });
    expect(await generator.resume(10_000)).toMatchObject({ streams: 3, complete: 3, times: { samples: 3 } });
    expect(cameBackWith).toEqual([id(4), id(4), id(4)]);
    expect(await generator.account(0)).toMatchObject({ deliveries: 27, outstanding: 0, lost: 0, outOfOrder: 0 });
  });

  it("publishes at a rate, each event with a number of its own, and says what was refused", async () => {
    const numbers = new Set<string>();
    const source = await serve((request, socket) => {
      const [head = "", body = ""] = request.split("\r\n\r\n");
      expect(head).toMatch(/^POST \/publish HTTP\/1\.1\r\n/);
      expect(head).toContain(`Content-Length: ${body.length}`);
      expect(body).toMatch(/^\{~\d\d\.\d{10}\.\d{16}\.x{28}\}$/);
      numbers.add(body.slice(1, 15));
      socket.write(
        numbers.size === 3
          ? "HTTP/1.1 429 Too Many Requests\r\nContent-Length: 2\r\n\r\n{}"
          : "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
      );
    });
    generator = await startGenerator(undefined);
    await generator.open(source, 0);
    await generator.publish(publication, 60, 500);
    while (numbers.size < 20) await new Promise(setImmediate);
    const { events, failed } = await generator.stopPublishing();
    expect(events).toBe(numbers.size);
    expect(failed).toBe(1);
  });
});
