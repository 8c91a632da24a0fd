import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { withServer } from "../session.ts";
import { centrifugo } from "./centrifugo.ts";
import { mercure } from "./mercure.ts";

// Stands in for both programs: it reads its port from the file that it is given, and answers only what they would.
const standIn = `#!${process.execPath}
const { readFileSync } = require("node:fs");
const { createServer } = require("node:http");
const text = readFileSync(process.argv.at(-1), "utf8");
const port = Number(/http:\\/\\/:(\\d+) \\{/.exec(text)?.[1] ?? JSON.parse(text).http_server.port);
const clients = [];
createServer(async (req, res) => {
  const url = new URL(req.url, "http://localhost");
  if (req.method === "GET") {
    const connect = url.searchParams.get("cf_connect");
    const topic = url.searchParams.get("topic") ?? Object.keys(JSON.parse(connect).subs)[0];
    res.writeHead(200, { "Content-Type": "text/event-stream" }).flushHeaders();
    clients.push([topic, res]);
    return;
  }
  const body = (await req.toArray()).join("");
  const form = new URLSearchParams(body);
  const [, payload] = req.headers.authorization?.split(".") ?? [];
  const allowed = payload === undefined
    ? req.headers["x-api-key"] === "benchmark"
    : JSON.parse(Buffer.from(payload, "base64url")).mercure.publish[0] === "*";
  if (!allowed) return res.writeHead(401).end();
  const topic = form.get("topic") ?? JSON.parse(body).channel;
  const data = form.get("data") ?? JSON.stringify({ pub: JSON.parse(body) });
  for (const [of, client] of clients) if (of === topic) client.write("id: 1\\ndata: " + data + "\\n\\n");
  res.end("{}");
}).listen(port, "127.0.0.1");
`;

describe("a peer that is named by an environment variable", () => {
  let folder: string;
  let binary: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "tidings-bench-"));
    binary = join(folder, "stand-in.cjs");
    await writeFile(binary, standIn, { mode: 0o755 });
  });

  afterAll(() => rm(folder, { recursive: true }));

  it.each([
    ["Mercure", mercure],
    ["Centrifugo", centrifugo],
  ])("%s is started, subscribed to and published to in its own way", async (_name, side) => {
    await withServer(side(binary), { server: undefined, generator: undefined }, async (server, generator) => {
      await generator.open(server, 3);
      expect(await generator.publishAll(server.publication, 250, 10)).toEqual({ events: 10, dropped: 0, failed: 0 });
      expect(await generator.account(10_000)).toMatchObject({ deliveries: 30, lost: 0, outOfOrder: 0, outstanding: 0 });
    });
  });
});
