import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import {
  connect as connectHttp2,
  createServer as createHttp2Server,
  type ClientHttp2Session,
  type ClientHttp2Stream,
} from "node:http2";

import { describe, expect, onTestFinished, test } from "vitest";

import { createFront } from "../../src/http/index.ts";
import {
  createHub,
  memoryLog,
  type Hub,
  type HubOptions,
  type StreamEnd,
  type StreamOptions,
} from "../../src/index.ts";
import { FrameReader, isPublished, type Frame } from "../frames.ts";
import { dial, get, type Connection } from "./connection.ts";
import { listen, listenOn } from "./node-server.ts";

function hubOf(options?: HubOptions): Hub {
  const hub = createHub(options);
  onTestFinished(() => hub.close({ drain: 0 }));
  return hub;
}

interface Served {
  readonly hub: Hub;
  readonly port: number;
  /** How the streams ended, in that order. */
  readonly ends: StreamEnd[];
  /** Ends what the requests for `/slow` wait for. */
  readonly release: () => void;
}

/** A server with a stream at every path but `/slow`. */
async function serve(
  options: Partial<StreamOptions> = {},
  before: (req: IncomingMessage) => Promise<unknown> = async () => undefined,
): Promise<Served> {
  const hub = hubOf();
  const ends: StreamEnd[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const { port } = await listen(async (req, res) => {
    if (req.url === "/slow") {
      await promise;
      res.end("slow answer");
      return;
    }
    await before(req);
    ends.push(await hub.serve(req, res, { topics: ["a"], ...options }));
  });
  return { hub, port, ends, release: resolve };
}

async function live(port: number, text: string = get("/")): Promise<Connection> {
  const connection = await dial(port, text);
  return await connection.until(/\nevent: tidings:live\n[^]*\n\n/);
}

/** Waits until the hub has so many subscribers. */
async function subscribers(hub: Hub, count: number): Promise<void> {
  await expect.poll(() => hub.stats().subscribers).toBe(count);
}

/** Publishes until somebody cannot take more. */
async function publishUntilFull(hub: Hub): Promise<void> {
  while (hub.stats().subscribersByState.catchingUp === 0) {
    await hub.publish("a", { data: "x".repeat(60_000) });
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function data(frames: readonly Frame[]): unknown[] {
  return frames.filter(isPublished).map((frame) => frame.data);
}

function numbers(count: number): string[] {
  return Array.from({ length: count }, (_, n) => String(n));
}

/** The numbers that large texts begin with: a difference between them is short to tell. */
function numbersOf(all: readonly (Frame | string)[]): number[] {
  const texts = all.flatMap((each) => (typeof each === "string" ? [each] : data([each])));
  return texts.map((text) => Number.parseInt(String(text), 10));
}

/** The frames of a connection's second response. */
function secondBody({ received }: Connection): Frame[] {
  return new FrameReader().read(received.subarray(received.lastIndexOf("\r\n\r\n") + 4));
}

describe("the response", () => {
  test("has the head of a stream, ends with the connection, and begins with the opening frame at once", async () => {
    const { port } = await serve();
    const { head, frames } = await live(port);
    const [status, ...lines] = head.split("\r\n");
    expect(status).toBe("HTTP/1.1 200 OK");
    const headers = new Headers(lines.map((line) => line.split(": ") as [string, string]));
    headers.delete("date");
    expect(Object.fromEntries(headers)).toEqual({
      "content-type": "text/event-stream",
      "cache-control": "no-store, no-transform",
      "x-accel-buffering": "no",
      connection: "close",
    });
    expect(frames.map(({ event }) => event)).toEqual(["tidings:cursor", "tidings:live"]);
  });

  test("keeps what a framework has set, and adds to its Vary", async () => {
    const hub = hubOf();
    const { port } = await listen((req, res) => {
      res.setHeader("X-Framework", "yes");
      res.setHeader("Vary", req.url === "/list" ? ["Accept-Encoding", "Cookie"] : "Accept-Encoding");
      void hub.serve(req, res, { topics: ["a"], origins: ["https://app.example"] });
    });
    expect((await live(port)).head).toMatch(/X-Framework: yes\r\nVary: Accept-Encoding, Origin\r\n/);
    expect((await live(port, get("/list"))).head).toMatch(/Vary: Accept-Encoding, *Cookie, Origin\r\n/);
  });

  test("to HEAD is the head alone, and subscribes nobody", async () => {
    const { port, hub, ends } = await serve();
    const front = createFront(hub);
    const fronted = await listen((req, res) => void front.handle(req, res));
    for (const each of [port, fronted.port]) {
      const connection = await dial(each, get("/events", { Connection: "close" }).replace("GET", "HEAD"));
      const { text, head } = await connection.ended();
      expect(text).toBe(`${head}\r\n\r\n`);
      expect(head).toMatch(/^HTTP\/1\.1 200 OK\r\nContent-Type: text\/event-stream\r\n/);
    }
    expect(ends).toEqual(["refused"]);
    expect(hub.stats()).toMatchObject({ subscribers: 0, delivered: 0 });
  });

  test.for(["1.0", "1.1"])(
    "to a client of HTTP/%s that asks to keep the connection is the same stream",
    async (version) => {
      const { port, hub } = await serve();
      const connection = await live(port, get("/", { Connection: "keep-alive" }, version));
      expect(connection.head).not.toMatch(/transfer-encoding|content-length|keep-alive/i);
      await hub.publish("a", { data: "1" });
      await connection.until(/\ndata: 1\n\n/);
      await hub.close();
      await connection.ended();
      expect(connection.frames.at(-1)?.retry).toBeGreaterThanOrEqual(1_000);
      expect(data(connection.frames)).toEqual(["1"]);
    },
  );

  test("to a topic or a cursor that cannot be is a problem, and the embedder's own mistake is thrown", async () => {
    const { port, ends } = await serve();
    const bad = await dial(port, get("/?from=yesterday", { Connection: "close" }));
    expect((await bad.ended()).text).toMatch(/^HTTP\/1\.1 400 [^]*application\/problem\+json[^]*"code":"bad-from"/);
    expect(ends).toEqual(["refused"]);
    const hub = hubOf();
    const thrown: unknown[] = [];
    const mistaken = await listen(async (req, res) => {
      const wrong = [
        {},
        undefined,
        { topics: [] },
        { topics: ["a"], from: "yesterday" },
        { topics: ["a"], origins: ["*"] },
      ];
      for (const options of wrong)
        await hub.serve(req, res, options as StreamOptions).catch((error: unknown) => thrown.push(error));
      res.end("told");
    });
    await (await dial(mistaken.port, get("/"))).until(/told/);
    expect(thrown).toMatchObject(
      ["bad-option", "bad-option", "bad-topic", "bad-from", "bad-option"].map((code) => ({ code })),
    );
  });
});

describe("two requests on one connection", () => {
  test("the first slow, the second a stream: no byte of the stream comes before the first answer is complete", async () => {
    const { hub, port, release } = await serve();
    const connection = await dial(port, get("/slow") + get("/"));
    await subscribers(hub, 1);
    await hub.publishBatch(["1", "2"].map((each) => ({ topic: "a", data: each })));
    await expect.poll(() => hub.stats().delivered).toBe(2);
    expect(connection.text).toBe("");
    release();
    await connection.until(/\ndata: 2\n\n/);
    expect(connection.text).toMatch(
      /^HTTP\/1\.1 200 OK\r\n[^]*?\r\n\r\nslow answerHTTP\/1\.1 200 OK\r\nContent-Type: text\/event-stream\r\n/,
    );
    await hub.publish("a", { data: "3" });
    await connection.until(/\ndata: 3\n\n/);
    expect(secondBody(connection).map(({ event }) => event)).toEqual([
      "tidings:cursor",
      "tidings:live",
      "message",
      "message",
      "message",
    ]);
    expect(data(secondBody(connection))).toEqual(["1", "2", "3"]);
  });

  test("the stream that waits is not buffered without end, and loses nothing", async () => {
    const { hub, port, release } = await serve();
    const connection = await dial(port, get("/slow") + get("/"));
    await subscribers(hub, 1);
    const sent = numbers(40).map((n) => `${n} ${"x".repeat(50_000)}`);
    for (const each of sent) await hub.publish("a", { data: each });
    await expect.poll(() => hub.stats().subscribersByState.catchingUp).toBe(1);
    expect(hub.stats().delivered).toBeLessThan(10);
    release();
    await connection.until(new RegExp(`\ndata: ${sent.length - 1} x+\n\n`));
    expect(numbersOf(secondBody(connection))).toEqual(numbersOf(sent));
  });

  test("both slow to come: a client that goes away before the first answer ends the stream that waits", async () => {
    const { hub, port, ends, release } = await serve();
    const connection = await dial(port, get("/slow") + get("/"));
    await subscribers(hub, 1);
    connection.socket.destroy();
    await subscribers(hub, 0);
    expect(hub.stats().closed.client).toBe(1);
    await expect.poll(() => ends).toEqual(["client"]);
    release();
  });

  test("a stream that waits for its turn when the time to drain is over is cut with its connection", async () => {
    const { hub, port, ends } = await serve();
    const connection = await dial(port, get("/slow") + get("/"));
    await subscribers(hub, 1);
    await hub.close({ drain: "100ms" });
    await connection.ended();
    await expect.poll(() => ends).toEqual(["closed"]);
    expect(hub.stats().subscribers).toBe(0);
  });

  test("the first a stream: the second ends the connection, since nothing could answer it", async () => {
    const { hub, port, ends } = await serve();
    const connection = await live(port);
    connection.send(get("/"));
    await connection.ended();
    await subscribers(hub, 0);
    expect(ends.toSorted()).toEqual(["client", "refused"]);
    expect(connection.text.match(/HTTP\/1\.1/g)).toHaveLength(1);
  });

  test.for(["/events", "/healthz", "/nothing"])(
    "the first a stream of a front: one for %s ends the connection",
    async (path) => {
      const hub = hubOf();
      const front = createFront(hub);
      const { port } = await listen((req, res) => void front.handle(req, res));
      const connection = await live(port, get("/events"));
      connection.send(get(path));
      await connection.ended();
      await subscribers(hub, 0);
      expect(connection.text.match(/HTTP\/1\.1/g)).toHaveLength(1);
    },
  );
});

describe("a client that leaves", () => {
  test.for([
    { how: "with FIN", leave: ({ socket }: Connection) => socket.destroy() },
    { how: "with RST", leave: ({ socket }: Connection) => socket.resetAndDestroy() },
    { how: "by ending its side alone", leave: ({ socket }: Connection) => socket.end() },
  ])("$how ends its subscriber, and nobody else's", async ({ leave }) => {
    const { hub, port, ends } = await serve();
    const leaving = await live(port);
    const staying = await live(port);
    leave(leaving);
    await subscribers(hub, 1);
    await expect.poll(() => ends).toEqual(["client"]);
    expect(hub.stats().closed).toMatchObject({ client: 1, failed: 0 });
    await hub.publish("a", { data: "still" });
    await staying.until(/data: still/);
  });

  test("while it is written to without reading ends its subscriber", async () => {
    const { hub, port, ends } = await serve();
    const connection = await live(port);
    connection.socket.pause();
    await publishUntilFull(hub);
    connection.socket.resetAndDestroy();
    await subscribers(hub, 0);
    await expect.poll(() => ends).toEqual(["client"]);
  });

  test("before the handler asks for a stream leaves no subscriber behind", async () => {
    const entered = Promise.withResolvers<void>();
    const { hub, port, ends } = await serve({}, async ({ socket }) => {
      entered.resolve();
      await once(socket, "close");
    });
    const connection = await dial(port, get("/"));
    await entered.promise;
    connection.socket.destroy();
    await expect.poll(() => ends).toEqual(["client"]);
    expect(hub.stats().subscribers).toBe(0);
  });

  test("and is gone before a hub that closes gets to it harms nothing", async () => {
    const { hub, port, ends } = await serve();
    const connections = await Promise.all(numbers(20).map(() => live(port)));
    for (const { socket } of connections.slice(0, 10)) socket.resetAndDestroy();
    await hub.close();
    await expect.poll(() => ends.length).toBe(20);
    for (const connection of connections.slice(10)) {
      await connection.ended();
      expect(connection.frames.at(-1)).toMatchObject({ event: "message", data: undefined, retry: expect.any(Number) });
    }
  });
});

describe("a slow client", () => {
  test("gets everything in order, from the log, and costs no more memory than its sink takes", async () => {
    const hub = hubOf({ log: memoryLog({ maxBytes: 256 * 1024 * 1024 }) });
    const sockets = new Set<{ writableLength: number }>();
    const { port } = await listen((req, res) => {
      sockets.add(req.socket);
      void hub.serve(req, res, { topics: ["a"] });
    });
    const connection = await live(port);
    connection.socket.pause();
    const sent = numbers(300).map((n) => `${n} ${"x".repeat(60_000)}`);
    let most = 0;
    for (const each of sent) {
      await hub.publish("a", { data: each });
      await new Promise((resolve) => setImmediate(resolve));
      for (const { writableLength } of sockets) most = Math.max(most, writableLength);
    }
    expect(hub.stats().subscribersByState.catchingUp).toBe(1);
    expect(most).toBeLessThan(256 * 1024);
    connection.socket.resume();
    const total = sent.reduce((sum, each) => sum + each.length, 0);
    await connection.until(({ length }) => length > total);
    await expect.poll(() => hub.stats().subscribersByState.live).toBe(1);
    expect(hub.stats().gaps).toBe(0);
    expect(numbersOf(connection.frames)).toEqual(numbersOf(sent));
  });

  test("that does not read at all is cut when the time to drain is over", async () => {
    const { hub, port, ends } = await serve();
    const connection = await live(port);
    connection.socket.pause();
    await publishUntilFull(hub);
    const reading = await live(port);
    await hub.close({ drain: "300ms" });
    await reading.ended();
    await expect.poll(() => ends).toEqual(["closed", "closed"]);
    expect(hub.stats().subscribers).toBe(0);
  });
});

describe("how a stream ended", () => {
  test("is told by the promise of hub.serve: aborted, before or after it began", async () => {
    const controller = new AbortController();
    const { hub, port, ends } = await serve({ signal: controller.signal });
    const connection = await live(port);
    controller.abort();
    await connection.ended();
    await expect.poll(() => ends).toEqual(["aborted"]);
    const late = await (await dial(port, get("/"))).ended();
    expect(late.head).toMatch(/^HTTP\/1\.1 200 /);
    expect(late.frames).toEqual([]);
    await expect.poll(() => ends).toEqual(["aborted", "aborted"]);
    expect(hub.stats()).toMatchObject({ subscribers: 0, closed: { aborted: 2, client: 0 } });
  });

  test("is told by the promise: closed, on a hub that is closing or closed", async () => {
    const { hub, port, ends } = await serve();
    const connection = await live(port);
    await hub.close();
    await connection.ended();
    const late = await (await dial(port, get("/"))).ended();
    expect(late.head).toMatch(/^HTTP\/1\.1 200 /);
    expect(late.frames).toMatchObject([{ retry: expect.any(Number) }]);
    expect(ends).toEqual(["closed", "closed"]);
  });

  test("is told by the promise: failed, when its snapshot throws", async () => {
    const { port, ends } = await serve({
      snapshot: () => {
        throw new Error("The state is not there");
      },
    });
    const connection = await (await dial(port, get("/"))).ended();
    expect(connection.text).not.toContain("The state is not there");
    await expect.poll(() => ends).toEqual(["failed"]);
  });
});

describe("over HTTP/2", () => {
  async function serveHttp2(
    before: () => Promise<unknown> = async () => undefined,
  ): Promise<{ hub: Hub; ends: StreamEnd[]; session: ClientHttp2Session }> {
    const hub = hubOf();
    const ends: StreamEnd[] = [];
    const front = createFront(hub, { hosts: ["127.0.0.1"] });
    const server = createHttp2Server(async (req, res) => {
      if (req.url !== "/own") return await front.handle(req, res);
      await before();
      ends.push(await hub.serve(req, res, { topics: ["a"] }));
    });
    const port = await listenOn(server);
    const session = connectHttp2(`http://127.0.0.1:${port}`);
    session.on("error", () => undefined);
    onTestFinished(() => session.destroy());
    return { hub, ends, session };
  }

  interface Http2Stream {
    readonly stream: ClientHttp2Stream;
    readonly headers: Promise<Record<string, unknown>>;
    readonly frames: Frame[];
    readonly text: () => string;
  }

  function ask(session: ClientHttp2Session, path: string, more: Record<string, string> = {}): Http2Stream {
    const stream = session.request({ ":path": path, ...more }, { endStream: more["content-type"] === undefined });
    const reader = new FrameReader();
    const frames: Frame[] = [];
    const chunks: Buffer[] = [];
    stream.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      frames.push(...reader.read(chunk));
    });
    stream.on("error", () => undefined);
    const headers = once(stream, "response").then(([given]) => given as Record<string, unknown>);
    return { stream, headers, frames, text: () => Buffer.concat(chunks).toString() };
  }

  test("several streams share a session, beside publishes and errors", async () => {
    const { hub, session } = await serveHttp2();
    const streams = numbers(5).map((n) => ask(session, `/events?topic=all&topic=${n}`));
    for (const { headers, frames } of streams) {
      expect(await headers).toMatchObject({ ":status": 200, "content-type": "text/event-stream" });
      expect(await headers).not.toHaveProperty("connection");
      await expect.poll(() => frames.at(-1)?.event).toBe("tidings:live");
    }
    const publish = ask(session, "/publish", { ":method": "POST", "content-type": "application/json" });
    publish.stream.end('{"topic":"all","data":"to all"}');
    expect(await publish.headers).toMatchObject({ ":status": 200 });
    await hub.publish("3", { data: "to one" });
    await hub.publish("all", { data: "last" });
    for (const [n, { frames }] of streams.entries()) {
      await expect.poll(() => data(frames).at(-1)).toBe("last");
      expect(data(frames)).toEqual(n === 3 ? ["to all", "to one", "last"] : ["to all", "last"]);
    }
    const wrong = ask(session, "/nothing");
    expect(await wrong.headers).toMatchObject({ ":status": 404, "content-type": "application/problem+json" });
    const foreign = ask(session, "/events", { ":authority": "evil.example" });
    expect(await foreign.headers).toMatchObject({ ":status": 403 });
    const large = ask(session, "/publish", { ":method": "POST", "content-type": "application/json" });
    large.stream.end(Buffer.alloc(9 * 1024 * 1024, "x"));
    expect(await large.headers).toMatchObject({ ":status": 413 });
    await hub.publish("all", { data: "still" });
    await expect.poll(() => data(streams[0]?.frames ?? []).at(-1)).toBe("still");
  });

  test("a stream that is reset ends its subscriber alone; the session's end ends the others", async () => {
    const { hub, ends, session } = await serveHttp2();
    const [one, other] = [ask(session, "/own"), ask(session, "/own")];
    for (const { frames } of [one, other]) await expect.poll(() => frames.at(-1)?.event).toBe("tidings:live");
    one.stream.close(8);
    await subscribers(hub, 1);
    await hub.publish("a", { data: "still" });
    await expect.poll(() => data(other.frames)).toEqual(["still"]);
    session.destroy();
    await subscribers(hub, 0);
    expect(ends).toEqual(["client", "client"]);
  });

  test("a client that goes away before the handler asks for a stream leaves no subscriber behind", async () => {
    const entered = Promise.withResolvers<void>();
    const gone = Promise.withResolvers<void>();
    const { hub, ends, session } = await serveHttp2(async () => {
      entered.resolve();
      await gone.promise;
    });
    const { stream } = ask(session, "/own");
    await entered.promise;
    stream.close(8);
    await once(stream, "close");
    // What comes later on the same session is answered when the reset has been read.
    await ask(session, "/healthz").headers;
    gone.resolve();
    await expect.poll(() => ends).toEqual(["client"]);
    expect(hub.stats().subscribers).toBe(0);
  });

  test("a slow stream gets everything in order, beside one that reads", async () => {
    const { hub, session } = await serveHttp2();
    const slow = ask(session, "/events?topic=a");
    const quick = ask(session, "/events?topic=a");
    for (const { frames } of [slow, quick]) await expect.poll(() => frames.at(-1)?.event).toBe("tidings:live");
    slow.stream.pause();
    const sent = numbers(100).map((n) => `${n} ${"x".repeat(50_000)}`);
    for (const each of sent) await hub.publish("a", { data: each });
    await expect.poll(() => data(quick.frames).length, { timeout: 10_000 }).toBe(100);
    expect(hub.stats().subscribersByState.catchingUp).toBe(1);
    slow.stream.resume();
    await expect.poll(() => data(slow.frames).length, { timeout: 10_000 }).toBe(100);
    expect(numbersOf(slow.frames)).toEqual(numbersOf(sent));
    await hub.close();
    await expect.poll(() => slow.frames.at(-1)?.retry).toBeGreaterThan(0);
    if (!slow.stream.closed) await once(slow.stream, "close");
  });
});
