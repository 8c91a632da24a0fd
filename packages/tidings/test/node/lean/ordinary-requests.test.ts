import { createHash, randomBytes } from "node:crypto";
import type { Server } from "node:http";
import type { Socket } from "node:net";

import { expect, test } from "vitest";

import { get } from "../../http/connection.ts";
import type { Application, Setting } from "./application.ts";
import { same, type Step } from "./same.ts";

const body = randomBytes(1 << 20);
const sha1 = createHash("sha1").update(body).digest("hex");
const post = (headers: string): string => `POST /echo HTTP/1.1\r\nHost: a\r\n${headers}\r\n\r\n`;
const postOf = (length: number): string => post(`Content-Length: ${length}`);
const upgrade = (path: string): string => get(path, { Connection: "Upgrade", Upgrade: "x" });
/** Asked last: what came before is complete when this is answered. */
const last: Step = [get("/last"), /you said GET \/last$/];
const denied: Step = [get("/events?deny"), /who are you$/];

/** What an upgrade is answered, on whatever connection it comes. */
function upgrading(server: Server, { log }: Application): void {
  server.on("upgrade", (req, socket, first) => {
    log.push(`upgrade ${req.url} ${String(first)}`);
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n[${String(first)}]`);
    socket.on("data", (bytes: Buffer) => socket.write(`you: ${String(bytes)}`));
  });
}

function continuing(server: Server, { log }: Application): void {
  server.on("checkContinue", (req, res) => {
    log.push("continue");
    res.writeContinue();
    server.emit("request", req, res);
  });
}

function refusing(server: Server, { log }: Application): void {
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    log.push(error.code ?? "");
    (socket as Socket).end("HTTP/1.1 418 No\r\nConnection: close\r\n\r\n");
  });
}

const slowHeads = { headersTimeout: 300, requestTimeout: 600, connectionsCheckingInterval: 50 };

const CASES: readonly (readonly [string, readonly Step[], Setting?])[] = [
  [
    "a hundred requests on one connection",
    Array.from({ length: 100 }, (_, n) => [get(`/${n}`), new RegExp(`GET /${n}$`)]),
  ],
  ["a POST of 1 MiB, its head first", [[postOf(body.length), /^/], [body, new RegExp(sha1)], last]],
  [
    "a POST of 1 MiB, its head with it",
    [[Buffer.concat([Buffer.from(postOf(body.length)), body]), new RegExp(sha1)], last],
  ],
  [
    "a body in chunks",
    [
      [post("Transfer-Encoding: chunked"), /^/],
      ["5\r\nhello\r\n", /^/],
      ["6\r\n world\r\n0\r\n\r\n", /\n[0-9a-f]{40}$/],
      last,
    ],
  ],
  ["HEAD", [[get("/x").replace("GET", "HEAD"), /\r\n\r\n$/], last]],
  ["an answer in chunks", [[get("/pieces"), /0\r\n\r\n$/], last]],
  ["an answer of 3 MB", [[get("/big"), /bbb!$/], last]],
  [
    "an expectation to go on",
    [[post("Content-Length: 5\r\nExpect: 100-continue"), /100 Continue\r\n\r\n$/], ["hello", /[0-9a-f]{40}$/], last],
  ],
  [
    "an expectation to go on that the server's code answers",
    [[post("Content-Length: 5\r\nExpect: 100-continue"), /100 Continue\r\n\r\n$/], ["hello", /[0-9a-f]{40}$/], last],
    { setup: continuing },
  ],
  ["another expectation", [[get("/events?deny", { Expect: "money" }), /417 /]]],
  ["no HTTP", [["rubbish\r\n\r\n", "end"]]],
  ["a head with a bad line", [["GET /events HTTP/1.1\r\nHost: a\r\nbad line\r\n\r\n", "end"]]],
  ["a version that is none", [["GET /events HTTX/1.1\r\nHost: a\r\n\r\n", "end"]]],
  ["no Host", [["GET /events HTTP/1.1\r\n\r\n", "end"]]],
  ["a head of 20 KB", [[get("/events?deny", { X: "x".repeat(20_000) }), "end"]]],
  [
    "what cannot be read, with a listener for it",
    [["GET /events HTTP/1.1\r\nbad line\r\n\r\n", "end"]],
    { setup: refusing },
  ],
  ["what cannot be read, second", [denied, ["GET /events HTTP/1.1\r\nbad line\r\n\r\n", "end"]], { setup: refusing }],
  ["HTTP/1.0", [[get("/events?deny", {}, "1.0"), "end"]]],
  ["HTTP/1.0 that keeps its connection", [[get("/events?deny", { Connection: "keep-alive" }, "1.0"), "end"]]],
  ["the last request on a connection", [[get("/events?deny", { Connection: "close" }), "end"]]],
  ["CONNECT, to which nobody listens", [["CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", "end"]]],
  ["three at once", [[get("/events?deny") + get("/pieces") + get("/c"), /GET \/c$/], last]],
  [
    "one after the other, over and over",
    [denied, [get("/x"), /GET \/x$/], denied, [postOf(5) + "hello", /[0-9a-f]{40}$/], [get("/big"), /bbb!$/], last],
  ],
  [
    "no next one within the time for that",
    [denied, ["", "end"]],
    { options: { keepAliveTimeout: 50, keepAliveTimeoutBuffer: 50 } },
  ],
  [
    "more than may come on one connection",
    [denied, denied, denied],
    { setup: (server) => void (server.maxRequestsPerSocket = 2) },
  ],
  [
    "an upgrade",
    [
      [upgrade("/ws"), /\[\]$/],
      ["abc", /you: abc$/],
      ["def", /you: def$/],
    ],
    { setup: upgrading },
  ],
  [
    "an upgrade with its first bytes",
    [
      [`${upgrade("/ws")}first`, /\[first\]$/],
      ["abc", /you: abc$/],
    ],
    { setup: upgrading },
  ],
  [
    "an upgrade of what may be a stream",
    [
      [upgrade("/events"), /\[\]$/],
      ["abc", /you: abc$/],
    ],
    { setup: upgrading },
  ],
  [
    "an upgrade after another request",
    [denied, [`${upgrade("/ws")}first`, /\[first\]$/], ["abc", /you: abc$/]],
    { setup: upgrading },
  ],
  ["an upgrade to which nobody listens", [[upgrade("/x"), /GET \/x$/], last]],
  ["a head that stops half-way", [["GET /events HTTP/1.1\r\nHost: a\r\n", "end"]], { options: slowHeads }],
  ["a second head that stops half-way", [denied, ["GET /events HT", "end"]], { options: slowHeads }],
  ["a body that stops half-way", [[`${postOf(9)}abc`, "end"]], { options: slowHeads }],
];

test.for(CASES)("%s: answered as on a plain server", async ([, steps, setting]) => {
  expect(await same(steps, setting)).not.toBe("");
});
