import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { constants, createGunzip, createGzip } from "node:zlib";

import compression from "compression";
import express from "express";
import fastify from "fastify";
import { Hono } from "hono";
import { compress } from "hono/compress";
import { cors } from "hono/cors";
import { logger } from "hono/logger";
import Koa from "koa";
import { describe, expect, onTestFinished, test } from "vitest";

import { createFront } from "../../src/http/index.ts";
import { createHub, sse, type Hub } from "../../src/index.ts";
import { FrameReader, isPublished, type Frame } from "../frames.ts";
import { Stream } from "../stream.ts";
import { dial, get, type Connection } from "./connection.ts";
import { listenOn } from "./node-server.ts";

type Next = () => void;

/** Waits for each event before the next one is published: what is held back until more comes never arrives. */
async function expectAtOnce(hub: Hub, arrived: () => readonly Frame[]): Promise<void> {
  await expect.poll(() => arrived().map(({ event }) => event)).toEqual(["tidings:cursor", "tidings:live"]);
  const sent: string[] = [];
  for (const data of ["one", "two", "three", "x".repeat(60_000), "five"]) {
    await hub.publish("a", { data });
    sent.push(data);
    await expect.poll(() => arrived().filter(isPublished).length).toBe(sent.length);
  }
  expect(
    arrived()
      .filter(isPublished)
      .map((frame) => frame.data),
  ).toEqual(sent);
  // More than a sink takes at once, so that it has to drain.
  for (let n = 0; n < 40; n++) await hub.publish("a", { data: `${n} ${"x".repeat(60_000)}` });
  await expect.poll(() => arrived().filter(isPublished).length, { timeout: 10_000 }).toBe(sent.length + 40);
  const numbers = arrived().filter(isPublished).slice(sent.length);
  expect(numbers.map((frame) => Number.parseInt(frame.data ?? "", 10))).toEqual(numbers.map((_, n) => n));
}

function expectHead({ head }: Connection): void {
  expect(head).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  expect(head).toMatch(/^content-type: text\/event-stream\r?$/im);
  expect(head).toMatch(/^cache-control: no-store, no-transform\r?$/im);
  expect(head).toMatch(/^x-accel-buffering: no\r?$/im);
  expect(head).toMatch(/^connection: close\r?$/im);
  expect(head).not.toMatch(/^(transfer-encoding|content-length|content-encoding):/im);
}

function hubOf(): Hub {
  const hub = createHub();
  onTestFinished(() => hub.close({ drain: 0 }));
  return hub;
}

/** Lets a listener of Node's answer, and opens a stream. */
async function open(listener: (req: IncomingMessage, res: ServerResponse) => void): Promise<Connection> {
  const port = await listenOn(createServer(listener));
  return await dial(port, get("/events", { "Accept-Encoding": "gzip, br" }));
}

describe("in Express", () => {
  test("a stream is served, and events arrive at once", async () => {
    const hub = hubOf();
    const app = express();
    app.get("/events", (req, res) => hub.serve(req, res, { topics: ["a"] }));
    const connection = await open(app);
    await expectAtOnce(hub, () => connection.frames);
    expectHead(connection);
    connection.socket.destroy();
    await expect.poll(() => hub.stats().subscribers).toBe(0);
  });

  test("what the embedder got wrong reaches the error handler", async () => {
    const hub = hubOf();
    const app = express();
    app.get("/events", (req, res) => hub.serve(req, res, { topics: [] }));
    app.use(
      (error: { code: string }, _: unknown, res: express.Response, __: Next) =>
        void res.status(500).send(`caught ${error.code}`),
    );
    const connection = await open(app);
    await connection.until(/caught bad-topic/);
  });

  test.for([
    { what: "the compression middleware", middleware: compression() },
    {
      what: "the compression middleware, told to compress everything",
      middleware: compression({ threshold: 0, filter: () => true }),
    },
    { what: "middleware that counts what is written", middleware: counting },
    { what: "middleware that looks at what is written and forgets to answer", middleware: forgetful },
    { what: "middleware that patches all of the response", middleware: patchingAll },
    { what: "middleware that delays what is written", middleware: delaying },
  ])("behind $what events arrive at once", async ({ middleware }) => {
    const hub = hubOf();
    const app = express();
    app.use(middleware);
    app.get("/events", (req, res) => hub.serve(req, res, { topics: ["a"] }));
    const connection = await open(app);
    await expectAtOnce(hub, () => connection.frames);
    expectHead(connection);
    connection.socket.destroy();
    await expect.poll(() => hub.stats().subscribers).toBe(0);
  });

  test.for(["write", "write and all else"])("middleware that has patched %s sees every byte", async (patched) => {
    const hub = hubOf();
    const seen: Uint8Array[] = [];
    const app = express();
    if (patched !== "write") app.use(patchingAll);
    app.use((_: unknown, res: ServerResponse, next: Next) => {
      const write = res.write.bind(res) as (chunk: Uint8Array) => boolean;
      res.write = (chunk: Uint8Array) => {
        seen.push(chunk);
        return write(chunk);
      };
      next();
    });
    app.get("/events", (req, res) => hub.serve(req, res, { topics: ["a"] }));
    const connection = await open(app);
    await expectAtOnce(hub, () => connection.frames);
    expect(new FrameReader().read(Buffer.concat(seen))).toEqual(connection.frames);
  });

  test("middleware that compresses whatever comes holds nothing back", async () => {
    const hub = hubOf();
    const app = express();
    app.use(gzipping);
    app.get("/events", (req, res) => hub.serve(req, res, { topics: ["a"] }));
    const connection = await open(app);
    await connection.until(/\r\n\r\n/);
    expect(connection.head).toMatch(/content-encoding: gzip/i);
    const gunzip = createGunzip({ finishFlush: constants.Z_SYNC_FLUSH });
    const reader = new FrameReader();
    const frames: Frame[] = [];
    gunzip.on("data", (bytes: Buffer) => frames.push(...reader.read(bytes)));
    gunzip.write(connection.received.subarray(connection.received.indexOf("\r\n\r\n") + 4));
    connection.socket.on("data", (bytes: Buffer) => gunzip.write(bytes));
    await expectAtOnce(hub, () => frames);
  });

  test("a front may stand behind it; behind a body parser it says what is wrong instead of waiting for ever", async () => {
    const hub = hubOf();
    const errors: unknown[] = [];
    const say = (): void => undefined;
    const front = createFront(hub, {
      logger: { debug: say, info: say, warn: say, error: (fields) => void errors.push(fields) },
    });
    for (const parsing of [false, true]) {
      const app = express();
      if (parsing) app.use(express.json());
      app.use((req, res) => front.handle(req, res));
      const port = await listenOn(createServer(app));
      const headers = { "Content-Type": "application/json" };
      const answer = await fetch(`http://127.0.0.1:${port}/publish`, { method: "POST", headers, body: '{"data":1}' });
      expect(answer.status).toBe(parsing ? 500 : 200);
    }
    expect(errors).toMatchObject([{ error: { message: expect.stringContaining("body parser") } }]);
  });
});

test("in Fastify a hijacked reply is a stream, and events arrive at once", async () => {
  const hub = hubOf();
  const app = fastify({ forceCloseConnections: true });
  app.get("/events", (request, reply) => {
    reply.hijack();
    return hub.serve(request.raw, reply.raw, { topics: ["a"] });
  });
  await app.listen({ port: 0, host: "127.0.0.1" });
  onTestFinished(() => app.close());
  const { port } = app.server.address() as AddressInfo;
  const connection = await dial(port, get("/events"));
  await expectAtOnce(hub, () => connection.frames);
  expectHead(connection);
  connection.socket.destroy();
  await expect.poll(() => hub.stats().subscribers).toBe(0);
});

test.for([{ awaited: true }, { awaited: false }])(
  "in Koa a stream is served, and events arrive at once ($awaited)",
  async ({ awaited }) => {
    const hub = hubOf();
    const app = new Koa();
    const errors: unknown[] = [];
    app.on("error", (error) => errors.push(error));
    app.use(async (context) => {
      context.respond = false;
      const stream = hub.serve(context.req, context.res, { topics: ["a"] });
      if (awaited) await stream;
    });
    const connection = await open((req, res) => void app.callback()(req, res));
    await expectAtOnce(hub, () => connection.frames);
    expectHead(connection);
    connection.socket.destroy();
    await expect.poll(() => hub.stats().subscribers).toBe(0);
    expect(errors).toEqual([]);
  },
);

describe("in Hono", () => {
  test.for([
    { what: "alone", middleware: [] },
    { what: "behind its logger, CORS and compression", middleware: [logger(() => undefined), cors(), compress()] },
  ])("a stream is answered $what, and events arrive at once", async ({ middleware }) => {
    const hub = hubOf();
    const app = new Hono();
    for (const each of middleware) app.use(each);
    app.get("/events", (context) => hub.fetch(context.req.raw, { topics: ["a"] }));
    const response = await app.request("/events", {
      headers: { "Accept-Encoding": "gzip", Origin: "https://app.example" },
    });
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    expect(response.headers.get("content-encoding")).toBeNull();
    if (middleware.length > 0) expect(response.headers.get("access-control-allow-origin")).toBe("*");
    const stream = new Stream(response);
    const reading = stream.until(() => false);
    await expectAtOnce(hub, () => stream.frames);
    await stream.cancel();
    await reading;
    expect(hub.stats().subscribers).toBe(0);
  });

  test("a stream without a hub is answered", async () => {
    const app = new Hono();
    app.post("/count", (context) =>
      sse(context.req.raw, async function* () {
        yield "one";
        yield { event: "two", data: { n: 2 }, id: "2" };
      }),
    );
    const stream = new Stream(await app.request("/count", { method: "POST" }));
    const frames = await stream.until(() => false);
    expect(frames.map(({ event, data, id }) => [event, data, id])).toEqual([
      ["tidings:cursor", '{"heartbeat":15000}', undefined],
      ["message", "one", undefined],
      ["two", '{"n":2}', "2"],
      ["tidings:end", "", "tidings-end"],
    ]);
  });
});

/** As a logger does it that wants the size of each response. */
function counting(_: unknown, res: ServerResponse & { bytes?: number }, next: Next): void {
  const write = res.write;
  res.write = function (this: ServerResponse, ...args: Parameters<typeof write>) {
    res.bytes = (res.bytes ?? 0) + Buffer.byteLength(args[0] as Uint8Array);
    return write.apply(this, args);
  } as typeof write;
  next();
}

/** As one does it that knows of pages, and not of streams. */
function forgetful(_: unknown, res: ServerResponse, next: Next): void {
  const write = res.write;
  const body: string[] = [];
  res.write = function (this: ServerResponse, ...args: Parameters<typeof write>) {
    body.push(String(args[0]).slice(0, 10));
    write.apply(this, args);
  } as unknown as typeof write;
  next();
}

function patchingAll(_: unknown, res: ServerResponse & { calls?: string[] }, next: Next): void {
  const calls: string[] = (res.calls = []);
  for (const name of ["write", "end", "writeHead", "flushHeaders", "setHeader"] as const) {
    const method = res[name] as (...args: unknown[]) => unknown;
    Object.assign(res, {
      [name](...args: unknown[]) {
        calls.push(name);
        return method.apply(res, args);
      },
    });
  }
  next();
}

/** Writes each piece a turn later, in order. */
function delaying(_: unknown, res: ServerResponse, next: Next): void {
  const write = res.write.bind(res) as (chunk: Uint8Array) => boolean;
  res.write = (chunk: Uint8Array) => {
    setImmediate(() => write(chunk));
    return true;
  };
  next();
}

function gzipping(_: unknown, res: ServerResponse & { flush?: () => void }, next: Next): void {
  const gzip = createGzip();
  const write = res.write.bind(res) as (chunk: Uint8Array) => boolean;
  res.setHeader("Content-Encoding", "gzip");
  gzip.on("data", (chunk: Uint8Array) => write(chunk));
  gzip.on("drain", () => res.emit("drain"));
  res.write = (chunk: Uint8Array) => gzip.write(chunk);
  res.flush = () => gzip.flush(constants.Z_SYNC_FLUSH);
  next();
}
