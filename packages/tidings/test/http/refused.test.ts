import { connect as connectHttp2 } from "node:http2";
import { createServer as createHttp2 } from "node:http2";

import { describe, expect, onTestFinished, test } from "vitest";

import { createHub, type Hub, type HubOptions, type StreamEnd, type StreamOptions } from "../../src/index.ts";
import { isPublished } from "../frames.ts";
import { dial, get, type Connection } from "./connection.ts";
import { listenFetch } from "./fetch-server.ts";
import { listen, listenOn } from "./node-server.ts";

const LISTED = "https://app.example";
const NATIVE = "/events";
const OURS = "/events?client=tidings/0.1.0";

/** What a route of an embedder's decides by the headers of these tests. */
function optionsFor(header: (name: string) => string | null | undefined): StreamOptions {
  return {
    topics: ["a"],
    origins: [LISTED],
    address: header("x-address") ?? undefined,
    principal: header("x-principal") ?? undefined,
  };
}

function hubOf(options: HubOptions): Hub {
  const hub = createHub({ retry: { min: 200, max: 300 }, ...options });
  onTestFinished(() => hub.close({ drain: 0 }));
  return hub;
}

const WAYS: readonly { way: string; open: (hub: Hub, ends?: StreamEnd[]) => Promise<number> }[] = [
  {
    way: "hub.serve",
    async open(hub, ends = []) {
      const { port } = await listen(
        async (req, res) =>
          void ends.push(
            await hub.serve(
              req,
              res,
              optionsFor((name) => req.headers[name] as string | undefined),
            ),
          ),
      );
      return port;
    },
  },
  {
    way: "hub.fetch",
    async open(hub) {
      const { port } = await listenFetch((request) =>
        hub.fetch(
          request,
          optionsFor((name) => request.headers.get(name)),
        ),
      );
      return port;
    },
  },
];

function live(port: number, path = NATIVE, headers: Readonly<Record<string, string>> = {}): Promise<Connection> {
  return dial(port, get(path, headers)).then((connection) => connection.until(/event: tidings:live\n/));
}

/** Asks for a stream that is refused; all that is answered. */
async function refused(
  port: number,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ status: number; headers: Headers; body: string }> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers });
  return { status: response.status, headers: response.headers, body: await response.text() };
}

function data(connection: Connection): (string | undefined)[] {
  return connection.frames.filter(isPublished).map((frame) => frame.data);
}

const LIMITS = [
  { reason: "connections", limits: { connections: 2 }, who: {}, other: undefined, title: "Too many streams" },
  {
    reason: "address",
    limits: { connectionsPerAddress: 2 },
    who: { "x-address": "2001:db8::1" },
    other: { "x-address": "2001:db8:1::1" },
    title: "Too many streams",
  },
  {
    reason: "principal",
    limits: { connectionsPerPrincipal: 2 },
    who: { "x-principal": "ann" },
    other: { "x-principal": "bob" },
    title: "Too many streams",
  },
] as const;

describe.for(WAYS)("a stream beyond a limit, by $way,", ({ open }) => {
  test.for(LIMITS)(
    "on $reason is told when to come back, as its client can bear it",
    async ({ reason, limits, who, other }) => {
      const hub = hubOf({ limits });
      const port = await open(hub);
      const within = [await live(port, NATIVE, who), await live(port, OURS, who)];

      const native = await refused(port, NATIVE, who);
      expect(native.status).toBe(200);
      expect(native.headers.get("content-type")).toBe("text/event-stream");
      expect(native.headers.get("cache-control")).toBe("no-store, no-transform");
      expect(native.headers.get("connection")).toBe("close");
      // No id, no data: the client comes back with the cursor that it had.
      expect(native.body).toMatch(/^retry: (2\d\d|300)\n\n$/);

      const ours = await refused(port, OURS, { ...who, Origin: LISTED });
      expect(ours.status).toBe(503);
      expect(ours.headers.get("content-type")).toBe("application/problem+json");
      expect(JSON.parse(ours.body)).toMatchObject({ status: 503, code: "too-many-connections" });
      expect(ours.headers.get("retry-after")).toBe("1");
      expect(ours.headers.get("access-control-allow-origin")).toBe(LISTED);
      expect(ours.headers.get("access-control-expose-headers")).toBe("Retry-After");

      const none = { connections: 0, address: 0, principal: 0, overload: 0 };
      expect(hub.stats()).toMatchObject({ subscribers: 2, refused: { ...none, [reason]: 2 }, closed: { shed: 2 } });
      if (other !== undefined) await live(port, NATIVE, other);

      // Those within notice nothing: everything comes, and no one tells them when to come back.
      await hub.publish("a", { data: "1" });
      for (const connection of within) {
        await connection.until(/\ndata: 1\n\n/);
        expect(connection.frames.map(({ event }) => event)).toEqual(["tidings:cursor", "tidings:live", "message"]);
      }
    },
  );

  test("resumes where it was, once there is room", async () => {
    const hub = hubOf({ limits: { connections: 1 } });
    const port = await open(hub);
    const first = await live(port);
    await hub.publish("a", { data: "1" });
    await first.until(/\ndata: 1\n\n/);
    const lastEventId = first.frames.findLast(({ id }) => id !== undefined)?.id ?? "";
    first.socket.destroy();
    await expect.poll(() => hub.stats().subscribers).toBe(0);
    const other = await live(port);
    await hub.publish("a", { data: "2" });
    const { body } = await refused(port, NATIVE, { "Last-Event-ID": lastEventId });
    expect(body).not.toContain("id:");
    await hub.publish("a", { data: "3" });
    other.socket.destroy();
    await expect.poll(() => hub.stats().subscribers).toBe(0);
    expect(data(await live(port, NATIVE, { "Last-Event-ID": lastEventId }))).toEqual(["2", "3"]);
  });

  test("asked for with HEAD takes no place, and is answered even where there is none", async () => {
    const hub = hubOf({ limits: { connections: 1 } });
    const port = await open(hub);
    const head = get(NATIVE, { Connection: "close" }).replace("GET", "HEAD");
    expect((await (await dial(port, head)).ended()).head).toMatch(/^HTTP\/1\.1 200 /);
    await live(port);
    expect((await (await dial(port, head)).ended()).head).toMatch(/^HTTP\/1\.1 200 /);
    expect(hub.stats().refused.connections).toBe(0);
  });
});

test.for(["tidings/0.1.0", "tidings/1.0.0-rc.1%2B7", "tidings%2F2"])("%s is a client of ours", async (client) => {
  const hub = hubOf({ limits: { connections: 1 } });
  const { port } = await listen((req, res) => void hub.serve(req, res, { topics: ["a"] }));
  await live(port);
  expect((await refused(port, `/?x=100%&client=${client}`)).status).toBe(503);
});

test.for(["", "tidings", "tidings/", "other/1.0", "tidings/1 0", "tidings/<b>"])(
  "%j is a client that may die of a 503",
  async (client) => {
    const hub = hubOf({ limits: { connections: 1 } });
    const { port } = await listen((req, res) => void hub.serve(req, res, { topics: ["a"] }));
    await live(port);
    expect((await refused(port, `/?client=${encodeURIComponent(client)}`)).status).toBe(200);
  },
);

test("the one who serves is told: shed; and what middleware has set stays", async () => {
  const hub = hubOf({ limits: { connections: 1 } });
  const ends: StreamEnd[] = [];
  const { port } = await listen(async (req, res) => {
    res.setHeader("Vary", "Accept-Encoding");
    ends.push(await hub.serve(req, res, { topics: ["a"], origins: [LISTED] }));
  });
  await live(port);
  for (const path of [NATIVE, OURS]) {
    expect((await refused(port, path)).headers.get("vary")).toBe("Accept-Encoding, Origin");
  }
  expect(ends).toEqual(["shed", "shed"]);
});

test("a client of ours is told by a hub that is closed, too", async () => {
  const hub = hubOf({});
  const { port } = await listen((req, res) => void hub.serve(req, res, { topics: ["a"] }));
  await hub.close();
  const { status, headers, body } = await refused(port, OURS);
  expect([status, headers.get("retry-after"), JSON.parse(body)]).toMatchObject([503, "1", { code: "closed" }]);
  expect((await refused(port, NATIVE)).status).toBe(200);
  expect(hub.stats()).toMatchObject({ closed: { shed: 0 } });
});

test("over HTTP/2 a stream is refused alone, and its connection stays", async () => {
  const hub = hubOf({ limits: { connections: 1 } });
  const server = createHttp2((req, res) => void hub.serve(req, res, { topics: ["a"] }));
  const session = connectHttp2(`http://127.0.0.1:${await listenOn(server)}`);
  onTestFinished(() => session.destroy());
  function ask(path: string): Promise<{ status: number | undefined; body: string }> {
    return new Promise((resolve, reject) => {
      const stream = session.request({ ":path": path });
      let status: number | undefined;
      let body = "";
      stream.setEncoding("utf8");
      stream.on("response", (headers) => (status = headers[":status"]));
      stream.on("error", reject);
      stream.on("data", (text: string) => {
        body += text;
        if (text.includes("tidings:live")) resolve({ status, body });
      });
      stream.on("end", () => resolve({ status, body }));
    });
  }
  expect((await ask(NATIVE)).body).toContain("tidings:live");
  expect(await ask(NATIVE)).toEqual({ status: 200, body: expect.stringMatching(/^retry: \d+\n\n$/) as string });
  expect((await ask(OURS)).status).toBe(503);
  expect(session.destroyed).toBe(false);
  expect(hub.stats().subscribers).toBe(1);
});

/** How a stream may end, and who ends it. */
const ENDS: readonly {
  reason: string;
  hub?: HubOptions;
  stream?: (abort: AbortController) => Partial<StreamOptions>;
  end?: (connection: Connection, abort: AbortController, hub: Hub) => unknown;
}[] = [
  { reason: "client", end: ({ socket }) => socket.destroy() },
  { reason: "client", end: ({ socket }) => socket.resetAndDestroy() },
  { reason: "client", end: ({ socket }) => socket.end() },
  { reason: "aborted", stream: ({ signal }) => ({ signal }), end: (_, abort) => abort.abort() },
  { reason: "expired", hub: { maxLifetime: 200 } },
  {
    reason: "failed",
    stream: () => ({
      async *snapshot() {
        yield { data: "the beginning" };
        await new Promise((resolve) => setTimeout(resolve, 50));
        throw new Error("The state is not there");
      },
    }),
  },
  {
    reason: "stalled",
    hub: { stall: 100 },
    async end({ socket }, _, hub) {
      socket.pause();
      // Until nothing drains any more.
      while (hub.stats().bufferedBytes === 0) {
        await hub.publish("a", { data: "x".repeat(60_000) });
        await new Promise(setImmediate);
      }
    },
  },
];

test.for(ENDS)(
  "a place is free again after its stream has ended: $reason",
  async ({ reason, hub: given, stream, end }) => {
    const hub = hubOf({ limits: { connections: 1, connectionsPerAddress: 1, connectionsPerPrincipal: 1 }, ...given });
    let abort = new AbortController();
    const { port } = await listen(
      (req, res) => void hub.serve(req, res, { topics: ["a"], principal: "ann", ...stream?.(abort) }),
    );
    for (let n = 1; n <= 3; n++) {
      const connection = await dial(port, get(NATIVE));
      await connection.until(/event: tidings:cursor\n/);
      await end?.(connection, abort, hub);
      await expect.poll(() => hub.stats().closed).toMatchObject({ [reason]: n });
      expect(hub.stats()).toMatchObject({ subscribers: 0, refused: { connections: 0, address: 0, principal: 0 } });
      abort = new AbortController();
    }
  },
);
