import { once } from "node:events";
import { connect as connectHttp2, createServer as createHttp2 } from "node:http2";

import { describe, expect, onTestFinished, test } from "vitest";

import { createFront, type FrontOptions } from "../../src/http/index.ts";
import { createHub, type Hub, type HubOptions } from "../../src/node/entry.ts";
import { leanConnections } from "../../src/node/index.ts";
import { FrameReader, isPublished, type Frame } from "../frames.ts";
import { dial, get, type Connection } from "./connection.ts";
import { listenFetch } from "./fetch-server.ts";
import { listen, listenOn } from "./node-server.ts";

const OURS = "client=tidings/0.1.0";
const LISTED = "https://app.example";

function hubOf(options: HubOptions = {}): Hub {
  const hub = createHub(options);
  onTestFinished(() => hub.close({ drain: 0 }));
  return hub;
}

const WAYS: readonly { way: string; open: (hub: Hub, options?: FrontOptions) => Promise<number> }[] = [
  {
    way: "over node:http",
    async open(hub, options) {
      const front = createFront(hub, options);
      return (await listen((req, res) => void front.handle(req, res))).port;
    },
  },
  {
    way: "over lean connections",
    async open(hub, options) {
      const front = createFront(hub, options);
      const setup = (server: Parameters<typeof leanConnections>[0]): void => leanConnections(server, { path: "/" });
      return (await listen((req, res) => void front.handle(req, res), {}, setup)).port;
    },
  },
  {
    way: "by its fetch handler",
    async open(hub, options) {
      const front = createFront(hub, options);
      return (await listenFetch((request) => front.fetch(request))).port;
    },
  },
];

/** A request with a body of JSON as it goes over the wire. */
function send(method: string, path: string, body: unknown, headers: Readonly<Record<string, string>> = {}): string {
  const text = JSON.stringify(body);
  const all = {
    Host: "127.0.0.1",
    "Content-Type": "application/json",
    "Content-Length": String(text.length),
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n${text}`;
}

/** Sends a change on a connection of its own. */
async function patch(port: number, body: unknown): Promise<{ status: number; json: Record<string, unknown> }> {
  const init = { method: "PATCH", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  const response = await fetch(`http://127.0.0.1:${port}/events`, init);
  return { status: response.status, json: (await response.json()) as Record<string, unknown> };
}

/** What came over a connection, whether its body is in chunks or not. */
function framesOf({ head, received }: Connection): Frame[] {
  const body = received.subarray(head.length + 4).toString("utf8");
  const isChunked = /\r\ntransfer-encoding: chunked/i.test(head);
  return new FrameReader().read(Buffer.from(isChunked ? body.replaceAll(/(?:^|\r\n)[0-9a-f]+\r\n/g, "") : body));
}

function nameOf(frames: readonly Frame[]): string {
  const { stream } = JSON.parse(frames[0]?.data ?? "{}") as { stream?: string };
  return stream ?? "none";
}

function data(frames: readonly Frame[]): (string | undefined)[] {
  return frames.filter(isPublished).map((frame) => frame.data);
}

async function opened(connection: Connection): Promise<Connection> {
  return connection.until((each) => framesOf(each).some(({ event }) => event === "tidings:live"));
}

async function events(connection: Connection, count: number): Promise<(string | undefined)[]> {
  return data(framesOf(await connection.until((each) => data(framesOf(each)).length >= count)));
}

describe.for(WAYS)("a stream by POST $way", ({ open }) => {
  test("is answered as one by GET", async () => {
    const hub = hubOf();
    const port = await open(hub);
    const byGet = await opened(await dial(port, get("/events?topic=a&topic=b/*")));
    const byPost = await opened(await dial(port, send("POST", "/events", { topics: ["a", "b/*"] })));
    const withoutDate = (head: string): string => head.replace(/\r\nDate: [^\r]+/i, "");
    expect(withoutDate(byPost.head)).toBe(withoutDate(byGet.head));
    await hub.publishBatch(["a", "b", "b/c", "c"].map((topic) => ({ topic, data: topic })));
    expect(await events(byPost, 2)).toEqual(["a", "b/c"]);
    expect(nameOf(framesOf(byPost))).toBe("none");
    byPost.socket.destroy();
    byGet.socket.destroy();
    await expect.poll(() => hub.stats().subscribers).toBe(0);
  });

  test("takes 100 long topics, and begins where its body says; the header beats it", async () => {
    const hub = hubOf();
    const port = await open(hub);
    const topics = Array.from({ length: 100 }, (_, n) => `${n}/${"x".repeat(1_000)}`);
    const ids: string[] = [];
    for (const n of [0, 1, 99, 99]) ids.push((await hub.publish(topics[n] ?? "", { data: `${ids.length}` })).id);
    const connect = async (more: object, headers = {}): Promise<(string | undefined)[]> => {
      const connection = await opened(await dial(port, send("POST", "/events", { topics, ...more }, headers)));
      return data(framesOf(connection));
    };
    expect(await connect({})).toEqual([]);
    expect(await connect({ from: "earliest" })).toEqual(["0", "1", "2", "3"]);
    expect(await connect({ from: "last:1" })).toEqual(["0", "1", "3"]);
    expect(await connect({ lastEventId: ids[1] })).toEqual(["2", "3"]);
    expect(await connect({ lastEventId: ids[1], from: "earliest" })).toEqual(["2", "3"]);
    expect(await connect({ lastEventId: ids[0] }, { "Last-Event-ID": ids[2] })).toEqual(["3"]);
    expect(await connect({ lastEventId: "", policy: "latest" })).toEqual([]);
  });

  test("comes in pieces, too, and after another request on its connection", async () => {
    const hub = hubOf();
    const port = await open(hub);
    const connection = await dial(port, get("/healthz"));
    await connection.until(/\r\n\r\n(?:2\r\n)?ok/);
    connection.socket.setNoDelay(true);
    const text = send("POST", "/events", { topics: ["a"] });
    for (const piece of [text.slice(0, 30), text.slice(30, -5), text.slice(-5)]) {
      connection.send(piece);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await connection.until(/event: tidings:live\n/);
    await hub.publish("a", { data: "here" });
    await connection.until(/data: here\n/);
  });

  test("tells its name to a client that names itself, in the query or in the body", async () => {
    const hub = hubOf({ limits: { connections: 2 } });
    const port = await open(hub);
    const client = "tidings/0.1.0";
    const inBody = await opened(await dial(port, send("POST", "/events", { topics: ["a"], client })));
    const inQuery = await opened(await dial(port, send("POST", `/events?${OURS}`, { topics: ["a"] })));
    for (const connection of [inBody, inQuery]) expect(nameOf(framesOf(connection))).toMatch(/^[\w-]{36}$/);
    // And is refused as one that can live with it.
    const third = await dial(port, send("POST", "/events", { topics: ["a"], client }));
    expect((await third.until(/too-many-connections/)).head).toMatch(/^HTTP\/1\.1 503 /);
  });
});

describe.for(WAYS)("PATCH $way", ({ open }) => {
  test("changes a stream, and names the cursor from which on that holds", async () => {
    const hub = hubOf();
    const port = await open(hub);
    const connection = await opened(await dial(port, get(`/events?topic=a&${OURS}`)));
    const bystander = await opened(await dial(port, get("/events?topic=a")));
    const stream = nameOf(framesOf(connection));
    await hub.publish("b", { data: "not b1" });
    const changed = await patch(port, { stream, add: ["b", "c/**"], remove: ["a"] });
    expect(changed).toEqual({ status: 200, json: { id: hub.stats().head } });
    await hub.publishBatch(["a", "b", "c/d/e", "c"].map((topic) => ({ topic, data: topic })));
    expect(await events(connection, 2)).toEqual(["b", "c/d/e"]);
    const told = framesOf(connection).find(({ id }) => id === changed.json["id"]);
    expect(told).toMatchObject({ event: "tidings:cursor", data: "" });
    expect(await events(bystander, 1)).toEqual(["a"]);
    // What it has asked for is not kept: whoever comes back says it again.
    expect((await patch(port, { stream })).status).toBe(200);
    connection.socket.destroy();
    await expect.poll(async () => (await patch(port, { stream, add: ["z"] })).json["code"]).toBe("unknown-stream");
    expect(hub.stats()).toMatchObject({ changes: 2 });
  });

  test("that is refused says why", async () => {
    const hub = hubOf({ maxTopics: 2, limits: { publishRatePerAddress: { perSecond: 0.001, burst: 1 } } });
    const port = await open(hub, { trustedProxies: 1 });
    const connection = await opened(await dial(port, send("POST", `/events?${OURS}`, { topics: ["a"] })));
    const stream = nameOf(framesOf(connection));
    const ask = async (body: object): Promise<[number, unknown, string | null]> => {
      const headers = { "Content-Type": "application/json", "X-Forwarded-For": "192.0.2.1" };
      const init = { method: "PATCH", headers, body: JSON.stringify(body) };
      const response = await fetch(`http://127.0.0.1:${port}/events`, init);
      const { code } = (await response.json()) as { code?: string };
      return [response.status, code, response.headers.get("retry-after")];
    };
    expect(await ask({ stream: `${stream}x`, add: ["b"] })).toEqual([404, "unknown-stream", null]);
    expect(await ask({ stream, add: ["$hub/streams/x"] })).toEqual([400, "bad-topic", null]);
    expect(await ask({ stream, add: ["b"], remove: ["b"] })).toEqual([400, "bad-request", null]);
    expect(await ask({ stream, add: ["b", "c", "d"] })).toEqual([400, "too-many-topics", null]);
    expect(await ask({ stream, add: ["b"] })).toEqual([200, undefined, null]);
    expect(await ask({ stream, remove: ["b"] })).toEqual([429, "rate-limited", expect.stringMatching(/^\d+$/)]);
    expect(hub.stats()).toMatchObject({ changes: 1, rateLimited: 1 });
  });

  test("may come from a page of a listed origin", async () => {
    const hub = hubOf();
    const port = await open(hub, { origins: [LISTED] });
    const connection = await opened(await dial(port, get(`/events?topic=a&${OURS}`, { Origin: LISTED })));
    const body = { stream: nameOf(framesOf(connection)), add: ["b"] };
    const answer = await dial(port, send("PATCH", "/events", body, { Origin: LISTED }));
    expect((await answer.until(/"id"/)).head).toMatch(/access-control-allow-origin: https:\/\/app\.example/i);
  });
});

describe("over HTTP/2", () => {
  test("a stream comes by POST, and is changed on the same connection", async () => {
    const hub = hubOf();
    const front = createFront(hub);
    const server = createHttp2((req, res) => void front.handle(req, res));
    const port = await listenOn(server);
    const session = connectHttp2(`http://127.0.0.1:${port}`);
    onTestFinished(() => session.destroy());
    const ask = (method: string, body: object): ReturnType<typeof session.request> => {
      const path = `/events?${OURS}`;
      const request = session.request({ ":method": method, ":path": path, "content-type": "application/json" });
      request.end(JSON.stringify(body));
      return request;
    };
    const stream = ask("POST", { topics: ["a"] });
    let text = "";
    stream.on("data", (bytes: Buffer) => (text += bytes.toString("utf8")));
    while (!text.includes("tidings:live")) await once(stream, "data");
    const name = nameOf(new FrameReader().read(Buffer.from(text)));
    const change = ask("PATCH", { stream: name, add: ["b"], remove: ["a"] });
    const [headers] = (await once(change, "response")) as [Record<string, unknown>];
    expect(headers[":status"]).toBe(200);
    await hub.publishBatch(["a", "b"].map((topic) => ({ topic, data: topic })));
    while (!text.includes("data: b\n")) await once(stream, "data");
    expect(data(new FrameReader().read(Buffer.from(text)))).toEqual(["b"]);
  });
});

describe("an embedder", () => {
  test("offers changes after an authorization of its own", async () => {
    const hub = hubOf();
    const users = new Map<string, readonly string[]>([["ann", ["a", "b"]]]);
    const { port } = await listen((req, res) => {
      const may = users.get(String(req.headers["x-user"])) ?? [];
      if (req.method === "GET") return void hub.serve(req, res, { topics: ["a"], changes: true });
      void (async () => {
        const { stream, add = [] } = JSON.parse(Buffer.concat(await req.toArray()).toString()) as {
          stream: string;
          add?: string[];
        };
        const allowed = add.every((topic) => may.includes(topic));
        const status = allowed ? 200 : 403;
        res.writeHead(status).end(allowed ? JSON.stringify(await hub.change(stream, { add })) : "{}");
      })();
    });
    const connection = await opened(await dial(port, get(`/?${OURS}`)));
    const stream = nameOf(framesOf(connection));
    const ask = (user: string, add: string[]): Promise<Response> =>
      fetch(`http://127.0.0.1:${port}`, {
        method: "PATCH",
        headers: { "X-User": user },
        body: JSON.stringify({ stream, add }),
      });
    expect((await ask("bob", ["b"])).status).toBe(403);
    expect((await ask("ann", ["c"])).status).toBe(403);
    expect((await ask("ann", ["b"])).status).toBe(200);
    await hub.publishBatch(["b", "c", "a"].map((topic) => ({ topic, data: topic })));
    expect(await events(connection, 2)).toEqual(["b", "a"]);
  });
});
