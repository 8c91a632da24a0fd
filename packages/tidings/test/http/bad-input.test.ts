import { once } from "node:events";
import { connect } from "node:net";

import { describe, expect, onTestFinished, test } from "vitest";

import { createFront, LOOPBACK_HOSTS, type FrontOptions } from "../../src/http/index.ts";
import { createHub, type Hub } from "../../src/index.ts";
import { request, Stream } from "../stream.ts";
import { WAYS, type Answered, type Ask, type Asked } from "./asking.ts";
import { dial, get } from "./connection.ts";
import { listen } from "./node-server.ts";

const JSON_TYPE = { "Content-Type": "application/json" };
const NDJSON_TYPE = { "Content-Type": "application/x-ndjson" };

interface Case extends Asked {
  readonly what: string;
  readonly status: number;
  readonly code: string;
  readonly answers?: Readonly<Record<string, string>>;
  /** Somebody's payload: not to be repeated in the answer. */
  readonly secret?: string;
}

function publish(
  what: string,
  body: string | Uint8Array,
  status: number,
  code: string,
  more: Partial<Case> = {},
): Case {
  return { what, method: "POST", path: "/publish", headers: JSON_TYPE, body, status, code, ...more };
}

function post(what: string, body: string | Uint8Array, status: number, code: string, more: Partial<Case> = {}): Case {
  return publish(`${what} in a POST of a stream`, body, status, code, { path: "/events", ...more });
}

function patch(what: string, body: string, status: number, code: string, more: Partial<Case> = {}): Case {
  return publish(`${what} in a PATCH`, body, status, code, { method: "PATCH", path: "/events", ...more });
}

function event(fields: object): string {
  return JSON.stringify({ topic: "a", data: 1, ...fields });
}

const TOO_MANY = Array.from({ length: 1_001 }, () => '{"data":1}');

const CASES: readonly Case[] = [
  // The body as text.
  publish("malformed JSON", '{"topic":"a","data":"hunter2"', 400, "malformed", { secret: "hunter2" }),
  publish("JSON with something after it", '{"data":1} hunter2', 400, "malformed", { secret: "hunter2" }),
  publish("an empty body", "", 400, "malformed"),
  publish("bad UTF-8", Buffer.from('{"data":"\xff"}', "latin1"), 400, "malformed"),
  publish("UTF-8 that ends too early", Buffer.from('{"data":"\xe2\x82"}', "latin1"), 400, "malformed"),
  publish("a surrogate encoded as UTF-8", Buffer.from('{"data":"\xed\xa0\x80"}', "latin1"), 400, "malformed"),
  publish("a text instead of an event", '"hunter2"', 400, "malformed", { secret: "hunter2" }),
  publish("null instead of an event", "null", 400, "malformed"),
  publish("a batch inside a batch", '[[{"data":1}]]', 400, "malformed"),
  publish("an array with a line that is not JSON, as NDJSON", '{"data":1}\n{"data":hunter2}\n', 400, "malformed", {
    headers: NDJSON_TYPE,
    secret: "hunter2",
  }),
  // The members.
  publish("no data", '{"topic":"a"}', 400, "malformed"),
  publish("an unknown member", event({ dta: "hunter2" }), 400, "malformed", { secret: "hunter2" }),
  publish("a member of every object's", event({ constructor: 1 }), 400, "malformed"),
  publish("__proto__", '{"data":1,"__proto__":{"topic":"b"}}', 400, "malformed"),
  publish("a member that is there twice", '{"data":"hunter2","data":"hunter3"}', 400, "malformed", {
    secret: "hunter",
  }),
  publish("a member that is there twice, once escaped", String.raw`{"data":1,"d\u0061ta":2}`, 400, "malformed"),
  publish("a topic that is no text", event({ topic: 7 }), 400, "malformed"),
  publish("a topic that is null", event({ topic: null }), 400, "malformed"),
  publish("a topic among others that is no text", event({ topic: ["a", 7] }), 400, "malformed"),
  publish("an event name that is no text", event({ event: ["a"] }), 400, "malformed"),
  publish("a key that is no text", event({ idempotencyKey: 7 }), 400, "malformed"),
  publish("private that is no boolean", event({ private: "no" }), 400, "malformed"),
  // Topics.
  publish("an empty topic", event({ topic: "" }), 400, "bad-topic"),
  publish("no topic at all in a list", event({ topic: [] }), 400, "bad-topic"),
  publish("65 topics", event({ topic: Array.from({ length: 65 }, (_, n) => `t${n}`) }), 400, "bad-topic"),
  publish("a line end in a topic", event({ topic: "a\nb" }), 400, "bad-topic"),
  publish("NUL in a topic", event({ topic: "a\0" }), 400, "bad-topic"),
  publish("a C1 control character in a topic", event({ topic: "a\u0085" }), 400, "bad-topic"),
  publish("a topic of 1,025 bytes", event({ topic: "é".repeat(512) + "x" }), 400, "bad-topic"),
  publish("a topic of the hub's", event({ topic: "$hub/x" }), 400, "bad-topic"),
  publish("a wildcard in a published topic", event({ topic: "orders/*" }), 400, "bad-topic"),
  publish("a star inside a published topic", event({ topic: ["fine", "a*b"] }), 400, "bad-topic"),
  publish("a lone surrogate in a topic", String.raw`{"topic":"\ud800","data":1}`, 400, "bad-topic"),
  // Event names, data and keys.
  publish("an empty event name", event({ event: "" }), 400, "bad-event"),
  publish("a carriage return in an event name", event({ event: "a\rdata: x" }), 400, "bad-event"),
  publish("an event name of 257 bytes", event({ event: "x".repeat(257) }), 400, "bad-event"),
  publish("an event name of the hub's", event({ event: "tidings:reset" }), 400, "bad-event"),
  publish("a lone surrogate in an event name", String.raw`{"event":"\udc00","data":1}`, 400, "bad-event"),
  publish("a lone surrogate in data", String.raw`{"data":"hunter2\ud800"}`, 400, "bad-data", { secret: "hunter2" }),
  publish("an empty key", event({ idempotencyKey: "" }), 400, "bad-key"),
  publish("a control character in a key", event({ idempotencyKey: "a\u0007" }), 400, "bad-key"),
  publish("private without authentication", event({ private: true }), 400, "private-without-authentication"),
  // Keys and sizes.
  publish(
    "a key used for another payload",
    event({ topic: "keyed", idempotencyKey: "k", data: "hunter2" }),
    409,
    "conflict",
    {
      secret: "hunter2",
    },
  ),
  publish("a body over the limit", event({ data: "x".repeat(1024 * 1024) }), 413, "body-too-large"),
  publish("a body over the limit, chunked", event({ data: "x".repeat(1024 * 1024) }), 413, "body-too-large", {
    chunked: true,
  }),
  publish("an event of more than 64 KiB", event({ data: "x".repeat(65_537) }), 413, "event-too-large"),
  publish(
    "an event of more than 64 KiB in fewer characters",
    event({ data: "é".repeat(32_769) }),
    413,
    "event-too-large",
  ),
  publish("1,001 events", `[${TOO_MANY.join()}]`, 413, "batch-too-large"),
  publish("1,001 lines", TOO_MANY.join("\n"), 413, "batch-too-large", { headers: NDJSON_TYPE }),
  // All or nothing.
  publish("a batch with a bad topic", `[${event({})},${event({ topic: "*" })}]`, 400, "bad-topic"),
  publish("a batch that is read up to its last event", `[${event({})},${event({ dta: 1 })}]`, 400, "malformed"),
  publish("NDJSON with a bad last line", `${event({})}\n${event({ event: "" })}`, 400, "bad-event", {
    headers: NDJSON_TYPE,
  }),
  publish(
    "a batch with a conflict",
    `[${event({})},${event({ topic: "keyed", idempotencyKey: "k" })}]`,
    409,
    "conflict",
  ),
  publish(
    "a batch with a conflict inside",
    `[${event({ idempotencyKey: "new" })},${event({ idempotencyKey: "new", data: 2 })}]`,
    409,
    "conflict",
  ),
  // Streams by POST.
  post("malformed JSON", '{"topics":["hunter2"]', 400, "malformed", { secret: "hunter2" }),
  post("bad UTF-8", Buffer.from('{"topics":["\xff"]}', "latin1"), 400, "malformed"),
  post("no topics", "{}", 400, "malformed"),
  post("an array", '["a"]', 400, "malformed"),
  post("one topic that is no list", '{"topics":"a"}', 400, "malformed"),
  post("a topic that is no text", '{"topics":["a",7]}', 400, "malformed"),
  post("an unknown member", '{"topics":["a"],"lastEventID":"hunter2"}', 400, "malformed", { secret: "hunter2" }),
  post("a member that is there twice", '{"topics":["a"],"topics":["b"]}', 400, "malformed"),
  post("a cursor that is no text", '{"topics":["a"],"lastEventId":7}', 400, "malformed"),
  post("an empty list of topics", '{"topics":[]}', 400, "bad-topic"),
  post("a topic of the hub's", '{"topics":["a","$hub/streams"]}', 400, "bad-topic"),
  post("a lone surrogate", String.raw`{"topics":["\ud800"]}`, 400, "bad-topic"),
  post(
    "101 topics",
    JSON.stringify({ topics: Array.from({ length: 101 }, (_, n) => `t${n}`) }),
    400,
    "too-many-topics",
  ),
  post("a bad from", '{"topics":["a"],"from":"yesterday"}', 400, "bad-from"),
  post("a bad policy", '{"topics":["a"],"policy":"newest"}', 400, "bad-policy"),
  post("a topic in the query", '{"topics":["a"]}', 400, "bad-request", { path: "/events?topic=b" }),
  post("a body over the limit", JSON.stringify({ topics: ["x".repeat(1024 * 1024)] }), 413, "body-too-large"),
  post("a wrong content type", '{"topics":["a"]}', 415, "unsupported-media-type", {
    headers: NDJSON_TYPE,
    answers: { "Accept-Post": "application/json" },
  }),
  // Changes of streams.
  patch("a stream that there is not", '{"stream":"hunter2","add":["a"]}', 404, "unknown-stream", { secret: "hunter2" }),
  patch("no stream", '{"add":["a"]}', 400, "malformed"),
  patch("a stream that is no text", '{"stream":7}', 400, "malformed"),
  patch("a topic that is no list", '{"stream":"x","add":"a"}', 400, "malformed"),
  patch("an unknown member", '{"stream":"x","topics":["hunter2"]}', 400, "malformed", { secret: "hunter2" }),
  patch("an unknown parameter", '{"stream":"x"}', 400, "bad-request", { path: "/events?stream=x" }),
  patch("a body over the limit", JSON.stringify({ stream: "x".repeat(1024 * 1024) }), 413, "body-too-large"),
  patch("no content type", '{"stream":"x"}', 415, "unsupported-media-type", {
    headers: { "Content-Type": "" },
    answers: { "Accept-Patch": "application/json" },
  }),
  // The head.
  publish("a wrong content type", event({}), 415, "unsupported-media-type", {
    headers: { "Content-Type": "application/x-www-form-urlencoded" },
    answers: { "Accept-Post": "application/json, application/x-ndjson" },
  }),
  publish("a content type that only begins like one", event({}), 415, "unsupported-media-type", {
    headers: { "Content-Type": "application/jsonx" },
    answers: { "Accept-Post": "application/json, application/x-ndjson" },
  }),
  {
    what: "GET /publish",
    path: "/publish",
    status: 405,
    code: "method-not-allowed",
    answers: { Allow: "POST, OPTIONS" },
  },
  {
    what: "DELETE /events",
    method: "DELETE",
    path: "/events",
    status: 405,
    code: "method-not-allowed",
    answers: { Allow: "GET, HEAD, POST, PATCH, OPTIONS" },
  },
  {
    what: "POST /healthz",
    method: "POST",
    path: "/healthz",
    status: 405,
    code: "method-not-allowed",
    answers: { Allow: "GET, HEAD, OPTIONS" },
  },
  { what: "an unknown path", path: "/nothing", status: 404, code: "not-found" },
  { what: "a path that only begins like one", path: "/events/", status: 404, code: "not-found" },
  { what: "a foreign Host", path: "/events", host: "evil.example:3000", status: 403, code: "host-not-allowed" },
  {
    what: "a Host that only begins like one",
    path: "/events",
    host: "localhost.evil.example",
    status: 403,
    code: "host-not-allowed",
  },
  {
    what: "a foreign Host on an unknown path",
    path: "/nothing",
    host: "evil.example",
    status: 403,
    code: "host-not-allowed",
  },
  publish("a foreign Host that publishes", event({}), 403, "host-not-allowed", { host: "evil.example" }),
  // The query.
  { what: "bad UTF-8 in the query", path: "/events?topic=%ff", status: 400, code: "malformed" },
  { what: "bad percent-encoding in the query", path: "/events?topic=%", status: 400, code: "malformed" },
  { what: "bad UTF-8 in the path", path: "/%ff", status: 400, code: "malformed" },
  { what: "an unknown query parameter", path: "/events?topics=a", status: 400, code: "bad-request" },
  { what: "an empty topic in the query", path: "/events?topic=", status: 400, code: "bad-topic" },
  { what: "a topic of the hub's in the query", path: "/events?topic=a&topic=$hub/x", status: 400, code: "bad-topic" },
  { what: "a pattern with ** in its middle", path: "/events?topic=**/a", status: 400, code: "bad-topic" },
  { what: "a control character in the query", path: "/events?topic=%0a", status: 400, code: "bad-topic" },
  {
    what: "101 topics in the query",
    path: `/events?${Array.from({ length: 101 }, (_, n) => `topic=t${n}`).join("&")}`,
    status: 400,
    code: "too-many-topics",
  },
  { what: "a bad from", path: "/events?from=yesterday", status: 400, code: "bad-from" },
  { what: "from=last:0", path: "/events?from=last:0", status: 400, code: "bad-from" },
  { what: "from=last:1001", path: "/events?from=last:1001", status: 400, code: "bad-from" },
];

/** A hub with a subscriber of everything, and a key that is used. */
async function start(
  open: (hub: Hub, options?: FrontOptions) => Promise<Ask>,
): Promise<{ ask: Ask; hub: Hub; stream: Stream }> {
  const hub = createHub();
  onTestFinished(() => hub.close({ drain: 0 }));
  const ask = await open(hub);
  await hub.publish("keyed", { idempotencyKey: "k", data: "first" });
  const stream = new Stream(await hub.fetch(request(), { topics: ["**"] }));
  await stream.live();
  return { ask, hub, stream };
}

function expectProblem({ status, headers, text }: Answered, expected: Case): void {
  const problem = JSON.parse(text) as Record<string, unknown>;
  expect(problem).toEqual({
    status: expected.status,
    code: expected.code,
    title: expect.stringMatching(/^[A-Z]/),
    detail: expect.stringMatching(/^.{10,300}$/),
  });
  expect(status).toBe(expected.status);
  expect(headers.get("content-type")).toBe("application/problem+json");
  expect(headers.get("cache-control")).toBe("no-store");
  for (const [name, value] of Object.entries(expected.answers ?? {})) expect(headers.get(name)).toBe(value);
  if (expected.secret !== undefined) expect(text).not.toContain(expected.secret);
}

/** The hub serves, and the next event that it takes is the next one in its log. */
async function expectUnharmed(ask: Ask, hub: Hub, stream: Stream, before: string): Promise<void> {
  expect(hub.stats().head).toBe(before);
  const after = await ask({
    method: "POST",
    path: "/publish",
    headers: JSON_TYPE,
    body: '{"topic":"after","data":"still here"}',
  });
  expect(after.status).toBe(200);
  const { id } = JSON.parse(after.text) as { id: string };
  expect(offsetOf(id)).toBe(offsetOf(before) + 1);
  const [last] = await stream.events(1);
  expect(last).toMatchObject({ id, topics: ["after"], data: "still here" });
}

function offsetOf(cursor: string): number {
  return Number(cursor.split("-")[1]);
}

describe.for(WAYS)("bad input $way", ({ open }) => {
  test.for(CASES)("$what is answered $status $code, and the hub serves on", async (expected) => {
    const { ask, hub, stream } = await start(open);
    const before = hub.stats().head;
    expectProblem(await ask(expected), expected);
    await expectUnharmed(ask, hub, stream, before);
  });

  test("the head of an error to HEAD has no body", async () => {
    const { ask } = await start(open);
    const { status, text } = await ask({ method: "HEAD", path: "/nothing" });
    expect([status, text]).toEqual([404, ""]);
  });

  test("good input at the limits is taken", async () => {
    const { ask } = await start(open);
    const topics = Array.from({ length: 64 }, (_, n) => `t${n}`);
    const good = [
      event({ topic: "é".repeat(512) }),
      event({ topic: topics }),
      event({ event: "x".repeat(256), idempotencyKey: "x".repeat(256) }),
      event({ data: "é".repeat(32_768) }),
      event({ private: false }),
      `[${TOO_MANY.slice(1).join()}]`,
      "[]",
    ];
    for (const body of good)
      expect((await ask({ method: "POST", path: "/publish", headers: JSON_TYPE, body })).status).toBe(200);
    const type = { "Content-Type": 'Application/JSON ; charset="utf-8"' };
    expect((await ask({ method: "POST", path: "/publish", headers: type, body: event({}) })).status).toBe(200);
    for (const host of ["localhost", "LOCALHOST:3000", "127.0.0.1:1", "[::1]:3000"]) {
      expect((await ask({ path: "/healthz", host })).text).toBe("ok");
    }
  });
});

describe("over a socket", () => {
  async function serve(): Promise<{ hub: Hub; port: number }> {
    const hub = createHub();
    onTestFinished(() => hub.close({ drain: 0 }));
    const front = createFront(hub, { hosts: LOOPBACK_HOSTS, maxBody: 65_536 });
    return { hub, port: (await listen((req, res) => void front.handle(req, res))).port };
  }

  test("a request without a Host is answered 403", async () => {
    const { port } = await serve();
    const { text } = await (await dial(port, "GET /healthz HTTP/1.0\r\n\r\n")).ended();
    expect(text).toMatch(/^HTTP\/1\.1 403 /);
    expect(text).toContain('"code":"host-not-allowed"');
  });

  test("a target in absolute form is the path that it names", async () => {
    const { port } = await serve();
    const text = "GET http://localhost/healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    expect((await (await dial(port, text)).ended()).text).toMatch(/^HTTP\/1\.1 200 [^]*ok$/);
  });

  test.for([
    { what: "with a Content-Length", chunked: false },
    { what: "chunked", chunked: true },
  ])(
    "a client that sends far too much $what without looking still reads the answer, and is then cut",
    async ({ chunked }) => {
      const { port } = await serve();
      const size = 65_536 * 64;
      const framing = chunked ? "Transfer-Encoding: chunked" : `Content-Length: ${size}`;
      const socket = connect(port, "127.0.0.1");
      await once(socket, "connect");
      onTestFinished(() => void socket.destroy());
      socket.on("error", () => undefined);
      const closed = new Promise((resolve) => socket.on("close", resolve));
      let text = "";
      socket.on("data", (bytes: Buffer) => (text += bytes.toString()));
      socket.write(`POST /publish HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n${framing}\r\n\r\n`);
      const piece = Buffer.alloc(65_536, "x");
      for (let sent = 0; sent < size && !socket.destroyed; sent += piece.length) {
        if (chunked) socket.write(`${piece.length.toString(16)}\r\n`);
        const more = socket.write(piece);
        if (chunked) socket.write("\r\n");
        if (!more) await Promise.race([new Promise((resolve) => socket.once("drain", resolve)), closed]);
      }
      await closed;
      expect(text).toMatch(/^HTTP\/1\.1 413 /);
      expect(text).toContain('"code":"body-too-large"');
    },
  );

  test("a client that goes away inside a body harms nobody", async () => {
    const { port, hub } = await serve();
    const cut = await dial(
      port,
      "POST /publish HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{",
    );
    cut.socket.resetAndDestroy();
    await once(cut.socket, "close");
    const next = await dial(port, get("/healthz"));
    await next.until(/ok$/);
    expect(hub.stats().published).toBe(0);
  });
});
