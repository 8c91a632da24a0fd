import { STATUS_CODES } from "node:http";

import { expect, test } from "vitest";

import { publishTo, startHub } from "./hub.ts";
import { connectRaw, openStream } from "./raw-connection.ts";

function problemIn(answer: string): { status: number; code: string; title: string; detail: string } {
  const [head = "", body = ""] = answer.split("\r\n\r\n");
  expect(head).toContain("Content-Type: application/problem+json");
  expect(head).toContain("Connection: close");
  const problem = JSON.parse(body) as ReturnType<typeof problemIn>;
  expect(head).toMatch(new RegExp(`^HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\n`));
  expect(problem.detail).not.toBe("");
  return problem;
}

test("a head that is too large is answered with 431, and the hub still serves", async () => {
  const hub = await startHub();
  const connection = connectRaw(hub.port);
  connection.send(`GET /events HTTP/1.1\r\nHost: localhost\r\nLast-Event-ID: ${"x".repeat(20_000)}\r\n\r\n`);
  expect(problemIn(await connection.ended)).toMatchObject({ status: 431, code: "header-too-large" });
  expect((await fetch(`${hub.url}/healthz`)).status).toBe(200);
});

test.each([
  ["no HTTP at all", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"],
  ["a broken request line", "GET\r\n\r\n"],
  ["a request without a Host", "GET /healthz HTTP/1.1\r\n\r\n"],
  ["two lengths", "POST /publish HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"],
  [
    "a length and chunks",
    "POST /publish HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
  ],
])("%s is answered with 400, and the hub still serves", async (_what, bytes) => {
  const hub = await startHub();
  const connection = connectRaw(hub.port);
  connection.send(bytes);
  expect(problemIn(await connection.ended)).toMatchObject({ status: 400, code: "malformed" });
  expect((await fetch(`${hub.url}/healthz`)).status).toBe(200);
});

test("a head that does not come to its end is answered with 408; a stream is not cut by that time", async () => {
  const hub = await startHub();
  const stream = await openStream(hub.port, "?topic=a");
  const connection = connectRaw(hub.port);
  connection.send("GET /events HTTP/1.1\r\nHost: local");
  expect(problemIn(await connection.ended)).toMatchObject({ status: 408, code: "request-timeout" });
  await publishTo(hub, "a", "still here");
  await stream.until(/data: still here\n/);
}, 30_000);

test.each([
  ["a second request", "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"],
  ["a request for a page", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"],
  ["bytes that are no request", "\0\0\0\0\r\n\r\n"],
])("%s on the connection of a stream ends it, and not a byte of an answer comes into it", async (_what, bytes) => {
  const hub = await startHub(["--demo"]);
  const stream = await openStream(hub.port);
  stream.send(bytes);
  const received = await stream.ended;
  expect(received.match(/HTTP\/1\.1/g)).toHaveLength(1);
  expect(received).not.toContain("application/problem+json");
  expect((await fetch(`${hub.url}/healthz`)).status).toBe(200);
});

test("a client that breaks off in its body leaves the hub as it was", async () => {
  const hub = await startHub();
  const connection = connectRaw(hub.port);
  connection.send(
    "POST /publish HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{",
  );
  connection.close();
  await connection.ended;
  await publishTo(hub, "a", "hello");
});

const routes = [
  "GET /",
  "GET /events",
  "POST /publish",
  "GET /healthz",
  "GET /readyz",
  "GET /demo/operation",
  "GET /nowhere",
];

async function statusFor(port: number, route: string, host: string): Promise<number> {
  const connection = connectRaw(port);
  connection.send(`${route} HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
  const [, status] = await connection.until(/^HTTP\/1\.1 (\d+)/);
  connection.close();
  return Number(status);
}

test.each([[[]], [["--demo"]]])(
  "on loopback with %j a foreign Host is answered with 403 on every route",
  async (options) => {
    const hub = await startHub(options);
    for (const host of [
      "evil.example",
      `evil.example:${hub.port}`,
      "localhost.evil.example",
      "127.0.0.1.evil.example",
    ]) {
      for (const route of routes) {
        expect(await statusFor(hub.port, route, host), `${route} of ${host}`).toBe(403);
      }
    }
    for (const host of ["localhost", `localhost:${hub.port}`, `127.0.0.1:${hub.port}`, `[::1]:${hub.port}`]) {
      expect(await statusFor(hub.port, "GET /healthz", host), host).toBe(200);
    }
  },
);

test("--allow-host adds names, and the loopback ones stay", async () => {
  const hub = await startHub(["--allow-host", "hub.example", "--allow-host", "other.example"]);
  for (const host of ["hub.example", "other.example:8080", "localhost"]) {
    expect(await statusFor(hub.port, "GET /healthz", host), host).toBe(200);
  }
  expect(await statusFor(hub.port, "GET /healthz", "evil.example")).toBe(403);
});

test("open to others, any Host will do, unless --allow-host names those that will", async () => {
  const open = await startHub(["--host", "0.0.0.0", "--anonymous"]);
  expect(await statusFor(open.port, "GET /healthz", "any.example")).toBe(200);
  const named = await startHub(["--host", "0.0.0.0", "--anonymous", "--allow-host", "hub.example"]);
  expect(await statusFor(named.port, "GET /healthz", "hub.example")).toBe(200);
  expect(await statusFor(named.port, "GET /healthz", "any.example")).toBe(403);
});
