import { once } from "node:events";
import { connect as connectHttp2, createServer as createHttp2Server } from "node:http2";
import { createServer as createHttpsServer } from "node:https";
import type { Server, ServerResponse } from "node:http";
import { connect as connectTls } from "node:tls";

import { expect, onTestFinished, test } from "vitest";

import { createHub } from "../../../src/node/entry.ts";
import { leanConnections } from "../../../src/node/index.ts";
import { Connection, dial, get } from "../../http/connection.ts";
import { listenOn } from "../../http/node-server.ts";
import { serve, type Setting } from "./application.ts";

const LIVE = /event: tidings:live\n/;
const half = get("/events").length / 2;

/** Lets a response through some middleware first. */
const behind = (middleware: (res: ServerResponse) => void): Setting["setup"] =>
  function setup(server) {
    server.prependListener("request", (_req, res) => middleware(res));
  };

function corkForATurn(res: ServerResponse): void {
  res.cork();
  setImmediate(() => res.uncork());
}

/** Why a stream is served as ever: what is sent, piece by piece, and how the server is set up. */
type Case = readonly [string, readonly string[], Setting["setup"]?];

/** What the first bytes of a connection decide. */
const AT_FIRST: readonly Case[] = [
  ["a head in two pieces", [get("/events").slice(0, half), get("/events").slice(half)]],
  ["a head of which one byte comes at a time", get("/events").split("")],
  ["an expectation", [get("/events", { Expect: "100-continue" })]],
  ["an upgrade that nobody takes", [get("/events", { Connection: "Upgrade", Upgrade: "x" })]],
  ["another path first on its connection", [get("/other"), get("/events")]],
  [
    "a method that is not GET",
    [get("/events").replace("GET", "POST").replace("\r\n\r\n", "\r\nContent-Length: 0\r\n\r\n")],
  ],
];

/** What counts on any connection. */
const ALWAYS: readonly Case[] = [
  ["another request behind it", [get("/events") + get("/after")]],
  ["half of another request behind it", [`${get("/events")}GET /aft`]],
  ["a request before it in the same chunk", [get("/first") + get("/events")]],
  ["a body", [`${get("/events", { "Content-Length": "5" })}hello`]],
  ["a body that is to come", [get("/events", { "Content-Length": "5" })]],
  ["a body that is empty", [get("/events", { "Content-Length": "0" })]],
  ["a body in chunks", [get("/events", { "Transfer-Encoding": "chunked" })]],
  ["a response that is corked", [get("/events")], behind(corkForATurn)],
  [
    "a response that is in another encoding",
    [get("/events")],
    behind((res) => res.setHeader("Content-Encoding", "br")),
  ],
  [
    "a response that somebody writes to",
    [get("/events")],
    behind((res) => Object.assign(res, { write: res.write.bind(res) })),
  ],
];

async function expectAsEver([, pieces, setup]: Case, before?: string): Promise<void> {
  const application = await serve({ lean: "/events", ...(setup === undefined ? {} : { setup }) });
  const connection = await dial(application.port);
  connection.socket.setNoDelay(true);
  if (before !== undefined) {
    connection.send(before);
    await connection.until(/who are you$/);
  }
  for (const piece of pieces) {
    connection.send(piece);
    // Until it has gone out alone.
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await connection.until(LIVE);
  expect(application.streams).toMatchObject([{ lean: false }]);
  await application.hub.publish("a", { data: "hello" });
  await connection.until(/data: hello\n/);
  connection.socket.destroy();
  await expect.poll(() => application.streams[0]?.end).toBe("client");
  await expect.poll(application.connections).toBe(0);
}

test.for([...AT_FIRST, ...ALWAYS])("%s: the stream is served as ever", (each) => expectAsEver(each));

test.for(ALWAYS)("%s, on a connection that was lean so far: the stream is served as ever", (each) =>
  expectAsEver(each, get("/events?deny")),
);

test("a request that comes while the server's code waits: the stream is served as ever, and the other ends it", async () => {
  const application = await serve({ lean: "/events" });
  const connection = await dial(application.port, get("/events?wait=1"));
  await expect.poll(() => application.log).toHaveLength(1);
  connection.send(get("/events?wait=2"));
  await expect.poll(() => application.log).toHaveLength(2);
  application.release();
  await connection.ended();
  await expect.poll(() => application.streams.map(({ end }) => end)).toEqual(["client", "refused"]);
  expect(application.streams).toMatchObject([{ lean: false }, { lean: false }]);
  expect(connection.text.match(/HTTP\/1\.1/g)).toHaveLength(1);
});

test("an answer that is still being written: the stream waits, and not a byte of it comes before", async () => {
  const application = await serve({ lean: "/" });
  const connection = await dial(application.port, get("/slow"));
  await expect.poll(() => application.log).toHaveLength(1);
  connection.send(get("/events"));
  await expect.poll(() => application.hub.stats().subscribers).toBe(1);
  expect(application.streams).toMatchObject([{ lean: false }]);
  expect(connection.text).toBe("");
  application.release();
  await connection.until(LIVE);
  expect(connection.text).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*?\r\n\r\nslowHTTP\/1\.1 200 OK\r\n/);
});

test("over TLS nothing changes", async () => {
  const key = Buffer.from("00112233445566778899aabbccddeeff", "hex");
  const psk = { ciphers: "PSK", maxVersion: "TLSv1.2" } as const;
  const hub = createHub();
  const lean: boolean[] = [];
  const server = createHttpsServer({ ...psk, pskCallback: () => key }, (req, res) => {
    void hub.serve(req, res, { topics: ["a"] });
    lean.push(res.writableEnded);
  });
  const events = ["connection", "secureConnection", "request"];
  const before = events.map((event) => server.rawListeners(event));
  leanConnections(server);
  expect(events.map((event) => server.rawListeners(event))).toEqual(before);
  const port = await listenOn(server);
  onTestFinished(() => hub.close({ drain: 0 }));
  const socket = connectTls({
    ...psk,
    port,
    host: "127.0.0.1",
    pskCallback: () => ({ psk: key, identity: "client" }),
    checkServerIdentity: () => undefined,
  });
  onTestFinished(() => void socket.destroy());
  await once(socket, "secureConnect");
  const connection = new Connection(socket);
  connection.send(get("/events"));
  await connection.until(LIVE);
  expect(lean).toEqual([false]);
});

test("over HTTP/2 nothing changes", async () => {
  const hub = createHub();
  const server = createHttp2Server((req, res) => void hub.serve(req, res, { topics: ["a"] }));
  const before = server.rawListeners("connection");
  leanConnections(server as unknown as Server);
  expect(server.rawListeners("connection")).toEqual(before);
  const session = connectHttp2(`http://127.0.0.1:${await listenOn(server)}`);
  onTestFinished(async () => {
    await hub.close({ drain: 0 });
    session.close();
  });
  let read = "";
  session.request({ ":path": "/events" }).on("data", (bytes: Buffer) => (read += String(bytes)));
  await expect.poll(() => read).toMatch(LIVE);
});
