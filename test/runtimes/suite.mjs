// The checks of `hub.fetch`, of a front and of `sse` over the real server of a runtime: Node, Bun or Deno.
import assert from "node:assert/strict";
import process from "node:process";

import { EventSource } from "../../packages/tidings/dist/client/index.js";
import { createFront, LOOPBACK_HOSTS } from "../../packages/tidings/dist/http/index.js";
import { createHub, memoryLog, sse } from "../../packages/tidings/dist/index.js";
import { createHub as createNodeHub } from "../../packages/tidings/dist/node/entry.js";
import { Stream } from "./client.mjs";
import { RUNTIME, serve } from "./serve.mjs";

/** How long a stream is left alone, in milliseconds. */
const QUIET = 65_000;
/** When the suite gives up. */
const PATIENCE = 150_000;

const text64K = "0123456789abcdé\n".repeat(3_800);
const range = (count) => Array.from({ length: count }, (_, n) => n);
const turn = () => new Promise((resolve) => setTimeout(resolve, 5));

async function eventually(condition, what) {
  for (let n = 0; n < 2_000; n++) {
    if (await condition()) return;
    await turn();
  }
  throw new Error(`It never came that ${what}`);
}

/** A hub behind a server: its streams are of the topic `a`. */
async function hubAt(hubOptions, streamOptions) {
  // Several runtimes share the machine: one that is late with its work is not overloaded.
  const hub = createHub({ shed: false, ...hubOptions });
  const url = await serve((request) => hub.fetch(request, { topics: ["a"], ...streamOptions }));
  return { hub, url };
}

async function publish(hub, ...data) {
  return (await hub.publishBatch(data.map((each) => ({ topic: "a", data: each })))).map(({ id }) => id);
}

const CHECKS = {
  async "a stream opens with its head and its first frames at once"() {
    const { hub, url } = await hubAt();
    const stream = await Stream.open(url);
    await stream.live();
    assert.equal(stream.response.status, 200);
    assert.equal(stream.response.headers.get("content-type"), "text/event-stream");
    assert.equal(stream.response.headers.get("cache-control"), "no-store, no-transform");
    const [opening, live] = stream.frames;
    assert.deepEqual(JSON.parse(opening.data), { heartbeat: RUNTIME === "Bun" ? 8_000 : 15_000 });
    assert.equal(live.id, opening.id);
    const head = await fetch(url, { method: "HEAD" });
    assert.deepEqual(
      [head.status, head.headers.get("content-type"), await head.text()],
      [200, "text/event-stream", ""],
    );
    assert.equal(hub.stats().subscribers, 1);
    await stream.cancel();
  },

  async "EventSource of the client hears everything once, over connections that the hub ends, and with a token for each"() {
    const { hub, url } = await hubAt({ retry: { min: 1, max: 5 }, maxLifetime: 150 });
    let asked = 0;
    const headers = async () => ({ Authorization: `Bearer ${++asked}` });
    const source = new EventSource(url, { headers, retry: { min: 1 } });
    assert.equal(source.readyState, EventSource.CONNECTING);
    const heard = [];
    source.addEventListener("message", ({ data, lastEventId, origin }) => heard.push([data, lastEventId, origin]));
    let live = 0;
    source.addEventListener("tidings:live", () => live++);
    const sent = [];
    for (const connections of range(4)) {
      await eventually(() => live > connections, "the client came back");
      const data = `grüße ${connections}`;
      sent.push([data, ...(await publish(hub, data)), new URL(url).origin]);
    }
    await eventually(() => heard.length === sent.length, "everything arrived");
    assert.deepEqual(heard, sent);
    assert.ok(asked >= 4);
    source.close();
    await eventually(() => hub.stats().subscribers === 0, "the hub noticed that the client is gone");
  },

  async "what is published arrives, one at a time and as it was written"() {
    const { hub, url } = await hubAt();
    const stream = await (await Stream.open(url)).live();
    const sent = ["one", "grüße 😀\nsecond line", "", text64K, "12345678901234567890"];
    for (const [n, data] of sent.entries()) {
      const { id } = await hub.publish("a", { event: "named", data });
      await stream.count(n + 1);
      assert.deepEqual(stream.events[n], {
        id,
        event: "named",
        data,
        topics: ["a"],
        cursor: undefined,
        retry: undefined,
      });
    }
    await stream.cancel();
  },

  async "a resume brings exactly what was missed"() {
    const { hub, url } = await hubAt();
    const [, second] = await publish(hub, "1", "2", "3", "4");
    const stream = await (await Stream.open(url, { lastEventId: second })).live();
    assert.deepEqual(stream.data, ["3", "4"]);
    const byQuery = await (await Stream.open(`${url}/?lastEventId=${second}`)).live();
    assert.deepEqual(byQuery.data, ["3", "4"]);
    await Promise.all([stream.cancel(), byQuery.cancel()]);
  },

  async "a gap is told once, with its bounds"() {
    const { hub, url } = await hubAt({ log: memoryLog({ maxEvents: 2 }) });
    const ids = await publish(hub, "1", "2", "3", "4");
    const stream = await (await Stream.open(url, { lastEventId: ids[0] })).live();
    const [, gap] = stream.frames;
    assert.deepEqual([gap.event, gap.id], ["tidings:gap", ids[1]]);
    assert.deepEqual(JSON.parse(gap.data), { reason: "evicted", after: ids[0], through: ids[1] });
    assert.deepEqual(stream.data, ["3", "4"]);
    const again = await (await Stream.open(url, { lastEventId: gap.id })).live();
    assert.deepEqual(
      again.frames.map(({ event }) => event),
      ["tidings:cursor", "message", "message", "tidings:live"],
    );
    await Promise.all([stream.cancel(), again.cancel()]);
  },

  async "garbage as the last id, up to 4 KiB, is answered with a reset"() {
    const { hub, url } = await hubAt();
    await publish(hub, "1");
    for (const lastEventId of ["garbage", "x".repeat(4_096)]) {
      const stream = await (await Stream.open(url, { lastEventId })).live();
      assert.deepEqual(
        [stream.frames[1].event, stream.frames[1].data],
        ["tidings:reset", '{"reason":"unknown-cursor"}'],
      );
      assert.deepEqual(stream.data, ["1"]);
      await stream.cancel();
    }
  },

  async "from=last:N and from=earliest begin where they say"() {
    const { hub, url } = await hubAt();
    await publish(hub, "1", "2", "3");
    const last = await (await Stream.open(`${url}/?from=last:2`)).live();
    assert.deepEqual(
      last.events.map(({ data, id, cursor }) => [data, id, typeof cursor]),
      [
        ["2", undefined, "string"],
        ["3", undefined, "string"],
      ],
    );
    const earliest = await (await Stream.open(`${url}/?from=earliest`)).live();
    assert.deepEqual(earliest.data, ["1", "2", "3"]);
    const bad = await fetch(`${url}/?from=yesterday`);
    assert.deepEqual([bad.status, (await bad.json()).code], [400, "bad-from"]);
    await Promise.all([last.cancel(), earliest.cancel()]);
  },

  async "a snapshot comes first, then every event since it began"() {
    const box = {};
    const snapshot = async function* () {
      yield { event: "state", data: "begin" };
      await publish(box.hub, "during");
      yield { event: "state", data: "end" };
    };
    Object.assign(box, await hubAt({}, { snapshot }));
    await publish(box.hub, "before");
    const stream = await (await Stream.open(box.url)).live();
    await publish(box.hub, "after");
    await stream.count(4);
    assert.deepEqual(stream.data, ["begin", "end", "during", "after"]);
    assert.equal(stream.frames[0].id, undefined);
    await stream.cancel();
  },

  async "a slow reader catches up in order, and costs the hub nothing meanwhile"() {
    const { hub, url } = await hubAt({ log: memoryLog({ maxBytes: 512 * 1024 * 1024 }) });
    const slow = await Stream.open(url, { paused: true });
    await eventually(() => hub.stats().subscribers === 1, "the slow reader was there");
    const sent = range(400).map((n) => `${n} ${"x".repeat(60_000)}`);
    for (const data of sent) {
      await publish(hub, data);
      await turn();
    }
    void slow.read();
    await slow.count(sent.length);
    assert.deepEqual(
      slow.data.map((data) => Number.parseInt(data, 10)),
      range(sent.length),
    );
    assert.equal(hub.stats().gaps, 0);
    await eventually(() => hub.stats().subscribersByState.live === 1, "the slow reader was live again");
    await slow.cancel();
  },

  async "streams in gzip bring every event at once, whenever they were joined"() {
    const hub = createNodeHub();
    let encoding;
    const url = await serve(async (request) => {
      const response = await hub.fetch(request, { topics: ["a"], compress: true });
      encoding = response.headers.get("content-encoding");
      return response;
    });
    const join = async (count) => Promise.all(range(count).map(async () => (await Stream.open(url)).live()));
    const sent = ["one", "grüße 😀 ".repeat(100), text64K.trimEnd(), "four"];
    const early = await join(10);
    assert.equal(encoding, "gzip");
    let late = [];
    for (const [n, data] of [...sent, ...sent].entries()) {
      if (n === sent.length) late = await join(2);
      await publish(hub, data);
      await Promise.all([...early, ...late].map((stream) => stream.count(early.includes(stream) ? n + 1 : n - 3)));
    }
    await hub.close();
    for (const stream of await Promise.all(early.map((each) => each.end())))
      assert.deepEqual(stream.data, [...sent, ...sent]);
    for (const stream of await Promise.all(late.map((each) => each.end()))) assert.deepEqual(stream.data, sent);
  },

  async "a client that leaves is noticed, one that stays is not harmed"() {
    const { hub, url } = await hubAt();
    const streams = await Promise.all(range(5).map(async () => (await Stream.open(url)).live()));
    for (const stream of streams.slice(1)) await stream.cancel();
    await eventually(() => hub.stats().subscribers === 1, "those who left were gone");
    assert.equal(hub.stats().closed.client, 4);
    await publish(hub, "still");
    await streams[0].count(1);
    await streams[0].cancel();
  },

  async "a hub that closes tells its clients when to come back, and a signal ends a stream"() {
    const controller = new AbortController();
    const { hub, url } = await hubAt({}, { signal: controller.signal });
    const aborted = await (await Stream.open(url)).live();
    controller.abort();
    await aborted.end();
    const other = createHub({ shed: false });
    const otherUrl = await serve((request) => other.fetch(request, { topics: ["a"] }));
    const stream = await (await Stream.open(otherUrl)).live();
    await publish(other, "last");
    await other.close();
    await stream.end();
    assert.deepEqual(stream.data, ["last"]);
    assert.match(stream.frames.at(-1).retry, /^[1-5]\d{3}$/);
    assert.equal(hub.stats().closed.aborted, 1);
  },

  async "a front serves streams, takes publishes and answers errors"() {
    const hub = createHub({ shed: false });
    const front = createFront(hub, { hosts: LOOPBACK_HOSTS, maxBody: 100_000 });
    const url = await serve((request) => front.fetch(request));
    const stream = await (await Stream.open(`${url}/events?topic=gr%C3%BC%C3%9Fe&topic=default`)).live();
    const post = (body, type = "application/json") =>
      fetch(`${url}/publish`, { method: "POST", headers: { "Content-Type": type }, body });
    const published = await post('{"topic":"grüße","event":"e","data":12345678901234567890,"idempotencyKey":"k"}');
    const { id } = await published.json();
    const again = await post('{"topic":"grüße","event":"e","data":12345678901234567890,"idempotencyKey":"k"}');
    assert.deepEqual(await again.json(), { id, durability: "memory", duplicate: true });
    assert.equal((await post('{"data":"x"}\n{"data":null}', "application/x-ndjson")).status, 200);
    await stream.count(3);
    assert.deepEqual(stream.data, ["12345678901234567890", "x", "null"]);
    assert.equal(stream.events[0].id, id);
    const errors = [
      [await post("{"), 400, "malformed"],
      [await post(new Uint8Array([0x22, 0xff, 0x22])), 400, "malformed"],
      [await post('{"topic":"a*","data":1}'), 400, "bad-topic"],
      [await post('{"topic":"grüße","data":1,"idempotencyKey":"k"}'), 409, "conflict"],
      [await post(JSON.stringify({ data: "x".repeat(70_000) })), 413, "event-too-large"],
      [await post("x".repeat(200_000)), 413, "body-too-large"],
      [await post("{}", "text/plain"), 415, "unsupported-media-type"],
      [await fetch(`${url}/publish`), 405, "method-not-allowed"],
      [await fetch(`${url}/nothing`), 404, "not-found"],
      [await fetch(`${url}/events?topic=%ff`), 400, "malformed"],
      [await fetch(`${url}/events?topics=a`), 400, "bad-request"],
      [await front.fetch(new Request("http://evil.example/events")), 403, "host-not-allowed"],
    ];
    for (const [response, status, code] of errors) {
      const problem = await response.json();
      assert.deepEqual([response.status, problem.status, problem.code], [status, status, code]);
      assert.equal(response.headers.get("content-type"), "application/problem+json");
    }
    assert.equal(await (await fetch(`${url}/healthz`)).text(), "ok");
    assert.equal(hub.stats().published, 3);
    await stream.cancel();
  },

  async "sse: a stream ends with an id whose next request is answered 204"() {
    let started = 0;
    const source = async function* () {
      started++;
      yield "one";
      await turn();
      yield { event: "two", data: { n: 2 }, id: "2" };
    };
    const url = await serve((request) => sse(request, source));
    const stream = await (await Stream.open(url)).end();
    assert.deepEqual(stream.frames.map(({ event, data, id }) => [event, data, id]).slice(1), [
      ["message", "one", undefined],
      ["two", '{"n":2}', "2"],
      ["tidings:end", "", "tidings-end"],
    ]);
    const next = await fetch(url, { headers: { "Last-Event-ID": "tidings-end" } });
    assert.deepEqual([next.status, await next.text()], [204, ""]);
    assert.equal(started, 1);
  },

  async "sse: a stream that failed is resumed with its last id, in UTF-8"() {
    const ids = [];
    const errors = [];
    const source = async function* ({ lastEventId }) {
      ids.push(lastEventId);
      yield { data: "x", id: "grüße…" };
      throw new Error("It broke");
    };
    const url = await serve((request) => sse(request, source, { onError: (error) => errors.push(error.message) }));
    const stream = await (await Stream.open(url)).end();
    assert.equal(stream.frames.at(-1).id, "grüße…");
    // As browsers send it: its bytes.
    const lastEventId = String.fromCharCode(...new TextEncoder().encode("grüße…"));
    await (await Stream.open(url, { lastEventId })).end();
    await (await Stream.open(`${url}/?lastEventId=gr%C3%BC%C3%9Fe`)).end();
    assert.deepEqual(ids, ["", "grüße…", "grüße"]);
    assert.deepEqual(errors, ["It broke", "It broke", "It broke"]);
  },

  async "sse: a client that leaves ends the iterator, one that waits and one that yields without end"() {
    const left = [];
    const waiting = async function* ({ signal }) {
      try {
        yield "first";
        await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
      } finally {
        left.push("waiting");
      }
    };
    const endless = async function* () {
      try {
        for (;;) yield "x".repeat(1_000);
      } finally {
        left.push("endless");
      }
    };
    const url = await serve((request) => sse(request, request.url.endsWith("/endless") ? endless : waiting));
    for (const path of ["/waiting", "/endless"]) {
      const stream = await (await Stream.open(url + path)).count(1);
      await stream.cancel();
    }
    await eventually(() => left.length === 2, "both iterators ended");
  },

  async "sse: a source does not run ahead of a client that does not read"() {
    let yielded = 0;
    const endless = function* () {
      for (;;) yield `${yielded++} ${"x".repeat(10_000)}`;
    };
    const url = await serve((request) => sse(request, endless));
    const stream = await Stream.open(url, { paused: true });
    let before = -1;
    await eventually(async () => {
      const stopped = yielded === before;
      before = yielded;
      await new Promise((resolve) => setTimeout(resolve, 200));
      return stopped;
    }, "the source was stopped");
    assert.ok(yielded > 3 && yielded < 3_000, `${yielded} events of 10 KB were taken from it`);
    void stream.read();
    await stream.count(yielded + 500);
    assert.deepEqual(
      stream.data.slice(0, 500).map((data) => Number.parseInt(data, 10)),
      range(500),
    );
    await stream.cancel();
  },

  async "sse: heartbeats come while a source is quiet"() {
    const source = async function* ({ signal }) {
      yield "first";
      await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    };
    const url = await serve((request) => sse(request, source, { heartbeat: 150 }));
    const stream = await Stream.open(url);
    await stream.until(({ frames }) => frames.length >= 5, "three heartbeats came");
    assert.deepEqual(
      stream.frames.slice(2, 5).map(({ event, data, id }) => [event, data, id]),
      range(3).map(() => ["tidings:cursor", "", undefined]),
    );
    await stream.cancel();
  },

  async "the buffers that 200 subscribers share are never changed or detached"() {
    const { hub, url } = await hubAt();
    const held = [];
    const inside = await Promise.all(
      range(40).map(async () => {
        const response = await hub.fetch(new Request("http://hub.test/"), { topics: ["a"] });
        const reader = response.body.getReader();
        const note = async () => {
          for (;;) {
            const { done, value } = await reader.read();
            if (done) return;
            held.push({ bytes: value, copy: value.slice() });
          }
        };
        void note();
        return reader;
      }),
    );
    const streams = await Promise.all(range(160).map(async () => (await Stream.open(url)).live()));
    assert.equal(hub.stats().subscribers, 200);
    const sent = range(100).map((n) => `${n} grüße ${"x".repeat((n * 997) % 5_000)}`);
    for (let n = 0; n < sent.length; n += 1 + (n % 4)) {
      await publish(hub, ...sent.slice(n, n + 1 + (n % 4)));
      await streams[0].count(Math.min(n + 1 + (n % 4), sent.length));
    }
    await Promise.all(streams.map((stream) => stream.count(sent.length)));
    for (const stream of streams) assert.deepEqual(stream.data, sent);
    const late = await (await Stream.open(`${url}/?from=earliest`)).live();
    assert.deepEqual(late.data, sent);
    for (const { bytes, copy } of held) assert.deepEqual(bytes, copy);
    assert.ok(new Set(held.map(({ bytes }) => bytes)).size < held.length / 10, "they are shared");
    await Promise.all([...inside, ...streams, late].map((each) => each.cancel()));
    await eventually(() => hub.stats().subscribers === 0, "all were gone");
  },

  async "a quiet stream of a hub lives for more than a minute"() {
    const { hub, url } = await hubAt();
    const stream = await (await Stream.open(url)).live();
    await new Promise((resolve) => setTimeout(resolve, QUIET));
    assert.equal(stream.ended, false, String(stream.error));
    const beats = stream.frames.slice(2);
    assert.ok(beats.length >= Math.floor(QUIET / 15_000) - 1, `only ${beats.length} heartbeats`);
    for (const { event, data, id } of beats)
      assert.deepEqual([event, data, id], ["tidings:cursor", "", stream.frames[0].id]);
    await publish(hub, "after the quiet");
    await stream.count(1);
    await stream.cancel();
  },

  async "a quiet stream of sse lives for more than a minute"() {
    const source = async function* () {
      yield "before";
      await new Promise((resolve) => setTimeout(resolve, QUIET));
      yield "after";
    };
    const url = await serve((request) => sse(request, source));
    const stream = await (await Stream.open(url)).count(2);
    assert.ok(stream.frames.length >= 3 + Math.floor(QUIET / 15_000) - 1, `only ${stream.frames.length} frames`);
    await stream.end();
  },
};

async function run() {
  const only = process.argv[2];
  const checks = Object.entries(CHECKS).filter(([name]) => only === undefined || name.includes(only));
  const giveUp = setTimeout(() => {
    console.error("The suite did not end in time");
    process.exit(1);
  }, PATIENCE);
  const failures = [];
  const isQuiet = ([name]) => name.includes("a quiet stream");
  const check = async ([name, body]) => {
    try {
      await body();
      console.log(`ok - ${name}`);
    } catch (error) {
      failures.push(name);
      console.log(`FAILED - ${name}`);
      console.error(error);
    }
  };
  // The quiet ones first, since they take the longest; the others meanwhile, one after the other.
  const quiet = checks.filter(isQuiet).map(check);
  for (const each of checks.filter((one) => !isQuiet(one))) await check(each);
  await Promise.all(quiet);
  clearTimeout(giveUp);
  console.log(failures.length === 0 ? `ok ${checks.length}` : `${failures.length} of ${checks.length} failed`);
  process.exit(failures.length === 0 ? 0 : 1);
}

await run();
