import { expect, test } from "vitest";

import { ClientError } from "../../../src/client/index.ts";
import { listen } from "../../http/node-server.ts";
import { HandClock } from "../hand-clock.ts";
import { client, startHub } from "./hub-server.ts";

test("a publish is answered with where the event is, and needs no stream", async () => {
  const server = await startHub();
  const tidings = client(server.url);
  const answer = await tidings.publish(["a", "b"], { event: "greeting", data: { hello: "world" } });
  expect(answer).toEqual({ id: expect.stringMatching(/./), durability: "memory" });
  expect(server.requests).toEqual(["POST /publish"]);
  const heard: unknown[] = [];
  const second = client(server.url, { cursorStore: { load: () => "0-0-x", save: () => undefined } });
  second.on("b", "greeting", (data, { topics }) => heard.push(data, topics));
  await expect.poll(() => heard).toEqual([{ hello: "world" }, ["a", "b"]]);
});

test("a publish that fails is tried again with the same key, until it is taken: once", async () => {
  let failures = 0;
  const bodies: string[] = [];
  const server = await startHub({
    before(req, res) {
      if (req.url !== "/publish") return false;
      // Read on a copy of its own: the hub reads the body, too.
      req.on("data", (bytes: Buffer) => bodies.push(bytes.toString()));
      failures++;
      if (failures === 1) req.socket.destroy();
      else if (failures === 2) res.writeHead(503, { "Retry-After": "0" }).end();
      else if (failures === 3) res.writeHead(429).end();
      else return false;
      return true;
    },
  });
  const tidings = client(server.url, { random: () => 0 });
  expect(await tidings.publish("a", { data: 1 })).toMatchObject({ durability: "memory" });
  expect(server.hub.stats().published).toBe(1);
  expect(failures).toBe(4);
  expect(bodies.length).toBeGreaterThanOrEqual(3);
  expect(new Set(bodies.map((body) => (JSON.parse(body) as { idempotencyKey: string }).idempotencyKey)).size).toBe(1);
});

test("an answer that was lost does not make the event twice", async () => {
  const server = await startHub();
  let lost = false;
  const tidings = client(server.url, {
    random: () => 0,
    async fetch(input, init) {
      const response = await fetch(input, init);
      if (lost) return response;
      lost = true;
      throw new TypeError("The answer was lost");
    },
  });
  expect(await tidings.publish("a", { data: 1 })).toMatchObject({ duplicate: true });
  expect(server.hub.stats().published).toBe(1);
});

test("a publish that is refused is not tried again, and says why", async () => {
  const server = await startHub();
  const tidings = client(server.url);
  const failure = await tidings.publish("a*", { data: 1 }).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(ClientError);
  expect(failure).toMatchObject({ code: "refused", status: 400, problem: { code: "bad-topic" } });
  expect(server.requests.length).toBe(1);
});

test("a publish ends with its signal and with the client, and is refused after that", async () => {
  const { url } = await listen((_, res) => void res.writeHead(503).end());
  const tidings = client(`${url}/events`);
  const ended = new AbortController();
  const aborted = tidings.publish("a", { data: 1 }, { signal: ended.signal }).catch((error: unknown) => error);
  const closed = tidings.publish("a", { data: 1 }).catch((error: unknown) => error);
  ended.abort();
  expect(await aborted).toBeInstanceOf(ClientError);
  tidings.close();
  expect(await closed).toBeInstanceOf(ClientError);
  const late = await tidings.publish("a", { data: 1 }).catch((error: unknown) => error);
  expect(late).toMatchObject({ code: "closed" });
});

test.for(["close", "abort"])(
  "a publish that waits leaves nothing behind after %s, and asks for no token",
  async (how) => {
    const { url } = await listen((_, res) => void res.writeHead(503, { "Retry-After": "3600" }).end());
    const clock = new HandClock();
    let asked = 0;
    const tidings = client(`${url}/events`, { clock, token: () => `t${++asked}` });
    const ended = new AbortController();
    const failure = tidings.publish("a", { data: 1 }, { signal: ended.signal }).catch((error: unknown) => error);
    await expect.poll(() => clock.waiting).toBe(1);
    if (how === "close") tidings.close();
    else ended.abort();
    expect(await failure).toMatchObject({ code: how === "close" ? "closed" : "aborted" });
    tidings.close();
    await tidings.publish("a", { data: 2 }).catch(() => undefined);
    expect([clock.waiting, asked]).toEqual([0, 1]);
  },
);
