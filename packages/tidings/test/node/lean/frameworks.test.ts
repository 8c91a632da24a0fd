import type { IncomingMessage, ServerResponse } from "node:http";
import { createHash } from "node:crypto";
import type { AddressInfo } from "node:net";

import compression from "compression";
import express from "express";
import fastify from "fastify";
import { expect, onTestFinished, test } from "vitest";

import { createHub, type Hub } from "../../../src/node/entry.ts";
import { leanConnections } from "../../../src/node/index.ts";
import { isPublished } from "../../frames.ts";
import { dial, get, type Connection } from "../../http/connection.ts";
import { listen } from "../../http/node-server.ts";

type Next = () => void;

function hubOf(): Hub {
  const hub = createHub();
  onTestFinished(() => hub.close({ drain: 0 }));
  return hub;
}

/** Opens a stream, has an event published on it, and leaves. */
async function expectServed(port: number, hub: Hub): Promise<Connection> {
  const connection = await dial(port, get("/events", { "Accept-Encoding": "identity" }));
  await connection.until(/event: tidings:live\n/);
  await hub.publish("a", { data: "hello" });
  await connection.until(({ frames }) => frames.some(isPublished));
  connection.socket.destroy();
  await expect.poll(() => hub.stats().subscribers).toBe(0);
  return connection;
}

/** A logger of requests as they all are: it writes a line when the response has finished. */
function logging(lines: string[]) {
  return (req: IncomingMessage, res: ServerResponse, next: Next): void => {
    const line = (how: string) => () => lines.push(`${req.method} ${req.url} ${res.statusCode} ${how}`);
    res.once("finish", line("finished"));
    res.once("close", line(res.writableFinished ? "" : "closed"));
    next();
  };
}

test("in Express, behind a logger: the stream is lean, and its line comes when it opens", async () => {
  const hub = hubOf();
  const lines: string[] = [];
  const lean: boolean[] = [];
  const app = express();
  app.use(logging(lines));
  app.get("/events", (req, res) => {
    const ending = hub.serve(req, res, { topics: ["a"] });
    lean.push(res.writableEnded);
    return ending;
  });
  app.get("/page", (_req, res) => void res.send("page"));
  const { port } = await listen(app, {}, leanConnections);
  await expectServed(port, hub);
  expect(lean).toEqual([true]);
  expect(lines[0]).toBe("GET /events 200 finished");
  expect(await (await fetch(`http://127.0.0.1:${port}/page`)).text()).toBe("page");
});

test("in Express, what goes wrong in a route reaches the error handler", async () => {
  const hub = hubOf();
  const app = express();
  app.get("/events", (req, res) => hub.serve(req, res, { topics: [] }));
  app.use((error: Error, _req: unknown, res: express.Response, _next: unknown) => {
    res.status(500).send(`caught: ${error.message}`);
  });
  const { port } = await listen(app, {}, leanConnections);
  expect(await (await fetch(`http://127.0.0.1:${port}/events`)).text()).toMatch(/^caught: .*topic/);
});

test("behind the compression middleware a stream is served as ever", async () => {
  const hub = hubOf();
  const lean: boolean[] = [];
  const app = express();
  app.use(compression({ filter: () => true }));
  app.get("/events", (req, res) => {
    void hub.serve(req, res, { topics: ["a"] });
    lean.push(res.writableEnded);
  });
  const { port } = await listen(app, {}, leanConnections);
  await expectServed(port, hub);
  expect(lean).toEqual([false]);
});

test("in Fastify a hijacked reply is a lean stream", async () => {
  const hub = hubOf();
  const lean: boolean[] = [];
  const app = fastify({ forceCloseConnections: true });
  leanConnections(app.server, { path: "/events" });
  app.get("/events", (request, reply) => {
    reply.hijack();
    const ending = hub.serve(request.raw, reply.raw, { topics: ["a"] });
    lean.push(reply.raw.writableEnded);
    return ending;
  });
  app.get("/page", () => "page");
  await app.listen({ port: 0, host: "127.0.0.1" });
  onTestFinished(() => app.close());
  const { port } = app.server.address() as AddressInfo;
  await expectServed(port, hub);
  expect(lean).toEqual([true]);
  expect(await (await fetch(`http://127.0.0.1:${port}/page`)).text()).toBe("page");
});

test("a WebSocket on the same server opens, and its messages come", async () => {
  const hub = hubOf();
  const { server, port } = await listen((req, res) => void hub.serve(req, res, { topics: ["a"] }), {}, leanConnections);
  server.on("upgrade", (req, socket) => {
    const key = `${req.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
    const accept = createHash("sha1").update(key).digest("base64");
    socket.on("error", () => undefined);
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    socket.write(Buffer.concat([Buffer.from([0x81, 5]), Buffer.from("hello")]));
    // A client's close frame is answered by one.
    socket.on("data", () => socket.end(Buffer.from([0x88, 0])));
  });
  const client = new WebSocket(`ws://127.0.0.1:${port}/events`);
  const message = await new Promise((resolve, reject) => {
    client.addEventListener("message", ({ data }) => resolve(data));
    client.addEventListener("error", reject);
  });
  expect(message).toBe("hello");
  const closed = new Promise((resolve) => client.addEventListener("close", resolve));
  client.close();
  await closed;
  await expectServed(port, hub);
});
