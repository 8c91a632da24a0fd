import { randomBytes } from "node:crypto";
import { OutgoingMessage } from "node:http";
import { connect as connectHttp2, createServer as createHttp2Server } from "node:http2";

import compression from "compression";
import express from "express";
import { describe, expect, onTestFinished, test, vi } from "vitest";

import { composeHub } from "../../src/create-hub.ts";
import { GzipSink } from "../../src/http/gzip-sink.ts";
import { createFront } from "../../src/http/index.ts";
import { systemRuntime } from "../../src/hub/runtime.ts";
import {
  createHub as createPlainHub,
  memoryLog,
  type Hub,
  type HubOptions,
  type StreamOptions,
} from "../../src/index.ts";
import { deflateBlocks } from "../../src/node/deflate.ts";
import { createHub } from "../../src/node/entry.ts";
import { startGroup } from "../../../../test/process-group.ts";
import { FrameReader, isPublished } from "../frames.ts";
import { request, Stream } from "../stream.ts";
import { dial, get, type Connection } from "./connection.ts";
import { bodyOf, decodedBodyOf, decodedFramesOf, getGzip, gunzipped } from "./gunzip.ts";
import { listen, listenOn } from "./node-server.ts";

/** A hub that says the same to everyone who joins at the same position: one `retry:`, and no heartbeats. */
function hubOf(options: HubOptions = {}, make: (all: HubOptions) => Hub = createHub): Hub {
  const hub = make({ heartbeat: "1h", runtime: { ...systemRuntime(), random: () => 0.5 }, ...options });
  onTestFinished(() => hub.close({ drain: 0 }));
  return hub;
}

/** A hub behind a server, with how often it has compressed something. */
async function serve(
  streamOptions: Partial<StreamOptions> = {},
  hubOptions?: HubOptions,
): Promise<{ hub: Hub; port: number; deflated: () => number }> {
  const deflate = vi.fn<typeof deflateBlocks>(deflateBlocks);
  const hub = hubOf(hubOptions, (all) =>
    composeHub(all, () => ({ name: "counting", gzip: (sink) => new GzipSink(sink, deflate) })),
  );
  const { port } = await listen(
    (req, res) => void hub.serve(req, res, { topics: ["a"], compress: true, ...streamOptions }),
  );
  return { hub, port, deflated: () => deflate.mock.calls.length };
}

function isLive(connection: Connection): boolean {
  return decodedFramesOf(connection).some(({ event }) => event === "tidings:live");
}

async function live(port: number, text = getGzip()): Promise<Connection> {
  return await (await dial(port, text)).until(isLive);
}

/** So many who take gzip and are live. */
function crowd(port: number, count: number): Promise<Connection[]> {
  return Promise.all(Array.from({ length: count }, () => live(port)));
}

function dataOf(connection: Connection): (string | undefined)[] {
  return decodedFramesOf(connection)
    .filter(isPublished)
    .map(({ data }) => data);
}

/** Resolves when a connection has had an event with such data. */
async function had(connections: readonly Connection[], data: string): Promise<void> {
  await Promise.all(connections.map((each) => each.until(() => dataOf(each).at(-1) === data)));
}

let sequence = 0;

/** Data as it goes over streams: members that come again, and values that do not. */
function order(): string {
  const values = Array.from({ length: 4 }, () => Math.random().toString(36).slice(2));
  return JSON.stringify({ type: "order.updated", order: ++sequence, customer: values[0], trace: values.join("-") });
}

/** A text that hardly gets shorter. */
function noise(length: number): string {
  return randomBytes(length).toString("base64").slice(0, length);
}

async function publish(hub: Hub, ...data: readonly string[]): Promise<void> {
  await hub.publishBatch(data.map((each) => ({ topic: "a", event: "order.updated", data: each })));
}

describe("what a client of gzip receives", () => {
  test("is byte for byte what the others receive, whenever it joined, however it resumed", async () => {
    const { hub, port, deflated } = await serve({}, { log: memoryLog({ maxEvents: 40 }) });
    const background = await crowd(port, 8);
    const pairs: (readonly [gzip: Connection, plain: Connection])[] = [];
    const join = async (path = "/"): Promise<void> => {
      const pair = await Promise.all([live(port, getGzip(path)), live(port, get(path))]);
      pairs.push(pair);
    };
    await join();
    await publish(hub, order());
    await join();
    const cursor = (await hub.publish("a", { data: order() })).id;
    await publish(hub, order(), order(), order());
    await join(`/?lastEventId=${cursor}`);
    await join("/?from=last:3");
    await join("/?from=earliest");
    await publish(hub, "grüße 😀\nof two lines", noise(64_000), "x".repeat(65_536));
    await publish(hub, ...Array.from({ length: 30 }, order));
    await publish(hub, ...Array.from({ length: 20 }, order));
    // Its cursor is older than what there is: a gap, and all that is left.
    await join(`/?lastEventId=${cursor}`);
    await join("/?lastEventId=of-another-hub");
    await publish(hub, order(), order());
    await publish(hub, "the last");
    await had([...background, ...pairs.flat()], "the last");
    for (const [gzip, plain] of pairs) {
      expect(gzip.head).toMatch(/^Content-Encoding: gzip$/m);
      expect(plain.head).not.toMatch(/content-encoding/i);
      expect(gunzipped(bodyOf(gzip)).equals(bodyOf(plain))).toBe(true);
    }
    const events = pairs.map(([gzip]) => decodedFramesOf(gzip).map(({ event }) => event));
    expect(events.flat()).toContain("tidings:gap");
    expect(events.flat()).toContain("tidings:reset");
    expect(deflated()).toBeGreaterThan(4);
    const [[gzip, plain] = []] = pairs;
    expect(gzip?.length).toBeLessThan((plain?.length ?? 0) * 0.8);
  });

  test("is the same with a snapshot, and with events that are larger than a block", async () => {
    const large = [noise(200_000), "y".repeat(70_000), noise(65_535), ""];
    const { hub, port } = await serve(
      { snapshot: () => large.map((data) => ({ event: "state", data })) },
      { maxEventBytes: 300_000 },
    );
    const gzips = await crowd(port, 9);
    const plain = await live(port, get("/"));
    for (const data of large) await publish(hub, data);
    await publish(hub, "the last");
    await had([plain, ...gzips], "the last");
    for (const gzip of gzips) expect(gunzipped(bodyOf(gzip)).equals(bodyOf(plain))).toBe(true);
  });

  test("comes at once: the opening, every event, and the end of the hub, without a trailer", async () => {
    const { hub, port } = await serve();
    const all = await crowd(port, 8);
    const sent: string[] = [];
    for (let n = 0; n < 10; n++) {
      sent.push(order());
      await publish(hub, ...sent.slice(-1));
      await had(all, sent.at(-1) ?? "");
    }
    await hub.close();
    for (const connection of all) {
      await connection.ended();
      expect(dataOf(connection)).toEqual(sent);
      expect(decodedFramesOf(connection).at(-1)?.retry).toBe(3_000);
      expect(bodyOf(connection).subarray(0, 10)).toEqual(Buffer.from("1f8b08000000000000ff", "hex"));
      // Nothing after the last stored block: it holds the `retry:` as it is.
      expect(bodyOf(connection).subarray(-13).toString()).toBe("retry: 3000\n\n");
    }
  });

  test("waits for a reader that is slow, and is then complete", async () => {
    const { hub, port } = await serve();
    await crowd(port, 8);
    const slow = await live(port);
    slow.socket.pause();
    const sent: string[] = [];
    while (hub.stats().subscribersByState.catchingUp === 0) {
      sent.push(noise(60_000));
      await publish(hub, ...sent.slice(-1));
      await new Promise((resolve) => setImmediate(resolve));
    }
    sent.push("the last");
    await publish(hub, "the last");
    slow.socket.resume();
    // Looked at now and then: to decode all of it at every chunk would take long.
    await expect.poll(() => dataOf(slow).at(-1), { interval: 200, timeout: 20_000 }).toBe("the last");
    expect(dataOf(slow)).toEqual(sent);
    await expect.poll(() => hub.stats().subscribersByState.live).toBe(9);
    expect(hub.stats()).toMatchObject({ gaps: 0, resets: 0 });
  });
});

describe("the work", () => {
  test("is done once for all who share a batch, and not at all for a few", async () => {
    const { hub, port, deflated } = await serve();
    const few = await crowd(port, 7);
    await publish(hub, order(), order());
    await publish(hub, "seven");
    await had(few, "seven");
    expect(deflated()).toBe(0);
    const all = [...few, ...(await crowd(port, 13))];
    const before = deflated();
    await publish(hub, order(), order(), "twenty");
    await had(all, "twenty");
    expect(deflated()).toBe(before + 1);
  });

  test("is shared: every body gets the same buffer", async () => {
    const hub = hubOf();
    const asks = new Request("http://hub.test/", { headers: { "Accept-Encoding": "gzip" } });
    const responses = await Promise.all(
      Array.from({ length: 10 }, () => hub.fetch(asks, { topics: ["a"], compress: true })),
    );
    const readers = responses.map(({ body }) => body?.getReader());
    const next = async (): Promise<(Uint8Array | undefined)[]> =>
      await Promise.all(readers.map(async (reader) => (await reader?.read())?.value));
    const openings = await next();
    await publish(hub, order(), order(), order());
    const batches = await next();
    expect(new Set(openings).size).toBe(10);
    expect(new Set(batches).size).toBe(1);
    const whole = gunzipped(Buffer.concat([openings[0] ?? [], batches[0] ?? []].map((each) => Buffer.from(each))));
    expect(new FrameReader().read(whole).filter(isPublished)).toHaveLength(3);
    for (const reader of readers) await reader?.cancel();
  });

  test("is given up where it makes nothing shorter", async () => {
    const { hub, port, deflated } = await serve();
    const all = await crowd(port, 8);
    await hub.publish("a", { data: "0" });
    await had(all, "0");
    expect(deflated()).toBe(1);
    const { id } = decodedFramesOf(all[0] as Connection).find(isPublished) ?? {};
    // The frame stands there as it is.
    expect(all[0]?.received.includes(`id: ${id}\ntopic: a\ndata: 0\n\n`)).toBe(true);
  });

  test("leaves the bytes on their way straight to the socket", async () => {
    const written = vi.spyOn(OutgoingMessage.prototype, "write");
    onTestFinished(() => written.mockRestore());
    const { hub, port } = await serve();
    const connection = await live(port);
    await publish(hub, "one");
    await had([connection], "one");
    expect(connection.head).toMatch(/^Content-Encoding: gzip$/m);
    expect(written).not.toHaveBeenCalled();
  });
});

describe("the head", () => {
  const origins = ["https://app.example"];

  /** The head that a request is answered with, as headers. */
  async function headOf(port: number, text: string): Promise<Headers> {
    const { head } = await (await dial(port, text)).until(/\r\n\r\n/);
    const lines = head.split("\r\n").slice(1);
    return new Headers(lines.map((line) => line.split(": ") as [string, string]));
  }

  test.for(["GET", "HEAD"])(
    "to %s names the encoding, if the client takes it, and what it depends on",
    async (method) => {
      const { port } = await serve({ origins });
      const ask = (headers: Record<string, string>): Promise<Headers> =>
        headOf(port, get("/", headers).replace("GET", method));
      const gzip = await ask({ "Accept-Encoding": "gzip;q=0.5", Origin: "https://app.example" });
      expect(gzip.get("content-encoding")).toBe("gzip");
      expect(gzip.get("vary")).toBe("Origin, Accept-Encoding");
      expect(gzip.get("cache-control")).toBe("no-store, no-transform");
      expect(gzip.get("access-control-allow-origin")).toBe("https://app.example");
      for (const headers of [{}, { "Accept-Encoding": "br, gzip;q=0" }]) {
        const plain = await ask(headers);
        expect(plain.get("content-encoding")).toBe(null);
        expect(plain.get("vary")).toBe("Origin, Accept-Encoding");
      }
    },
  );

  test("says nothing of it unless it was asked for, and nothing is compressed", async () => {
    const { port } = await serve({ compress: undefined });
    const { head, frames } = await (await dial(port, getGzip())).until(/event: tidings:live/);
    expect(head).not.toMatch(/content-encoding|vary/i);
    expect(frames).toHaveLength(2);
  });

  test("adds to the Vary of a framework, each name once", async () => {
    const hub = hubOf();
    const { port } = await listen((req, res) => {
      res.setHeader("Vary", req.url === "/list" ? ["Cookie", "accept-encoding"] : "origin");
      void hub.serve(req, res, { topics: ["a"], origins, compress: true });
    });
    expect((await headOf(port, getGzip())).get("vary")).toBe("origin, Accept-Encoding");
    expect((await headOf(port, getGzip("/list"))).get("vary")).toMatch(/^Cookie, *accept-encoding, Origin$/);
  });

  test("of a runtime that cannot compress says that others could", async () => {
    const hub = hubOf({}, createPlainHub);
    const { port } = await listen((req, res) => void hub.serve(req, res, { topics: ["a"], compress: true }));
    const connection = await live(port);
    expect(connection.head).toMatch(/^Vary: Accept-Encoding$/m);
    expect(connection.head).not.toMatch(/content-encoding/i);
  });
});

describe("somebody else who encodes", () => {
  test.for([
    { what: "compression middleware", middleware: compression({ threshold: 0, filter: () => true }) },
    {
      what: "an encoding that is set already",
      middleware: (_: unknown, res: express.Response, next: () => void) => {
        res.setHeader("Content-Encoding", "identity");
        next();
      },
    },
  ])("keeps it to himself: $what", async ({ middleware }) => {
    const hub = hubOf();
    const app = express();
    app.use(middleware);
    app.get("/", (req, res) => hub.serve(req, res, { topics: ["a"], compress: true }));
    const { port } = await listen(app);
    const connection = await (await dial(port, getGzip())).until(/event: tidings:live/);
    await publish(hub, "as it is");
    await connection.until(/data: as it is\n\n/);
    expect(connection.head).not.toMatch(/content-encoding: gzip/i);
    expect(connection.head).toMatch(/^vary: .*accept-encoding/im);
  });
});

describe("compression", () => {
  test("goes over HTTP/2", async () => {
    const hub = hubOf();
    const port = await listenOn(
      createHttp2Server((req, res) => void hub.serve(req, res, { topics: ["a"], compress: true })),
    );
    const session = connectHttp2(`http://127.0.0.1:${port}`);
    onTestFinished(() => session.destroy());
    const chunks: Buffer[] = [];
    const stream = session.request({ ":path": "/", "accept-encoding": "gzip" });
    const head = await new Promise<Record<string, unknown>>((resolve) => stream.on("response", resolve));
    stream.on("data", (bytes: Buffer) => chunks.push(bytes));
    expect([head["content-encoding"], head["vary"]]).toEqual(["gzip", "Accept-Encoding"]);
    const sent = ["one", noise(60_000), "three"];
    for (const data of sent) await publish(hub, data);
    await expect
      .poll(() => new FrameReader().read(gunzipped(Buffer.concat(chunks))).filter(isPublished))
      .toMatchObject(sent.map((data) => ({ data })));
  });

  test.for(["1.0", "1.1"])("goes over HTTP/%s, with a body that ends with the connection", async (version) => {
    const { hub, port } = await serve();
    const connection = await live(port, get("/", { "Accept-Encoding": "gzip" }, version));
    await publish(hub, "one");
    await had([connection], "one");
    expect(connection.head).not.toMatch(/transfer-encoding|content-length/i);
  });

  test("goes through a Response, where an embedder asks for it; a client that does not take it gets none", async () => {
    const hub = hubOf();
    const asks = new Request("http://hub.test/", { headers: { "Accept-Encoding": "gzip" } });
    const response = await hub.fetch(asks, { topics: ["a"], compress: true });
    expect([response.headers.get("content-encoding"), response.headers.get("vary")]).toEqual([
      "gzip",
      "Accept-Encoding",
    ]);
    const plain = await hub.fetch(request(), { topics: ["a"], compress: true });
    expect([plain.headers.get("content-encoding"), plain.headers.get("vary")]).toEqual([null, "Accept-Encoding"]);
    const stream = new Stream(plain);
    await stream.live();
    await stream.cancel();
    await response.body?.cancel();
  });

  test("shows every event at once in curl --compressed, which finds nothing wrong with the end", async () => {
    const { hub, port } = await serve();
    await crowd(port, 8);
    const curl = startGroup("curl", ["-sSNi", "--compressed", `http://127.0.0.1:${port}/`], {
      cwd: import.meta.dirname,
    });
    await curl.until(/^content-encoding: gzip\r?$[^]*^event: tidings:live$/im);
    for (let n = 0; n < 3; n++) {
      await publish(hub, order(), `${n} ${order()}`);
      await curl.until(new RegExp(`^data: ${n} `, "m"));
    }
    await hub.close();
    expect(await curl.exited).toBe(0);
    expect(curl.output).toMatch(/\nretry: 3000\n\n$/);
  });

  test("is an option of a front, too", async () => {
    const hub = hubOf();
    const front = createFront(hub, { compress: true });
    const { port, url } = await listen((req, res) => void front.handle(req, res));
    const connection = await live(port, getGzip("/events?topic=a"));
    await publish(hub, "one");
    await had([connection], "one");
    expect(connection.head).toMatch(/^Content-Encoding: gzip$/m);
    const fetched = await front.fetch(new Request(`${url}/events?topic=a`, { headers: { "Accept-Encoding": "gzip" } }));
    expect(fetched.headers.get("content-encoding")).toBe("gzip");
    await fetched.body?.cancel();
    // Problems are not streams.
    const problem = await dial(port, getGzip("/events?from=yesterday", { Connection: "close" }));
    expect((await problem.ended()).head).not.toMatch(/content-encoding|vary/i);
  });

  test("on a hub that is closed: the client is told when to come back", async () => {
    const { hub, port } = await serve();
    await hub.close();
    const connection = await (await dial(port, getGzip())).ended();
    expect(decodedBodyOf(connection).toString()).toBe("retry: 3000\n\n");
  });
});
