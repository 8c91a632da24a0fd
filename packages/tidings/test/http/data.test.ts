import { describe, expect, onTestFinished, test } from "vitest";

import { createFront } from "../../src/http/index.ts";
import { createHub, type Published } from "../../src/index.ts";
import { isPublished, type Frame } from "../frames.ts";
import { request, Stream } from "../stream.ts";
import { WAYS, type Answered, type Asked } from "./asking.ts";
import { dial, get } from "./connection.ts";
import { listen } from "./node-server.ts";

const TEXT_64K = "0123456789abcdé".repeat(4_096);
const ODD_SPACE = '{ "a" :\t[1 ,2,\r\n 3 ] , "b":{"c":"}]\\"\\\\"},\n"d":1.0e+2 }';

/** JSON as a publisher writes it, and the data that a subscriber gets. */
const DATA: readonly { readonly what: string; readonly json: string; readonly data: string }[] = [
  { what: "a number beyond what a double holds", json: "12345678901234567890", data: "12345678901234567890" },
  { what: "a number beyond infinity", json: "1e999", data: "1e999" },
  { what: "a number with a needless zero", json: "-0.10", data: "-0.10" },
  { what: "an empty text", json: '""', data: "" },
  { what: "null", json: "null", data: "null" },
  { what: "true", json: "true", data: "true" },
  { what: "a text", json: '"text"', data: "text" },
  { what: "a text with escapes", json: String.raw`"a\"b\\c\u00e9\ud83d\ude00\/"`, data: 'a"b\\cé😀/' },
  { what: "a text with NUL and a tab", json: String.raw`"a\u0000\tb"`, data: "a\0\tb" },
  { what: "a text that begins with a space and a colon", json: '" : x"', data: " : x" },
  { what: "line ends of all kinds", json: String.raw`"a\nb\r\nc\rd\n\n"`, data: "a\nb\nc\nd\n\n" },
  {
    what: "a text that looks like fields",
    json: String.raw`"x\nid: forged\nevent: forged\n\n"`,
    data: "x\nid: forged\nevent: forged\n\n",
  },
  { what: "JSON with odd whitespace", json: ODD_SPACE, data: ODD_SPACE.replace("\r\n", "\n") },
  { what: "an escaped surrogate inside JSON", json: String.raw`{"a":"\ud800"}`, data: String.raw`{"a":"\ud800"}` },
  {
    what: "members of every object's",
    json: '{"__proto__":1,"constructor":[]}',
    data: '{"__proto__":1,"constructor":[]}',
  },
  { what: "an array", json: "[ ]", data: "[ ]" },
  { what: "a text of 64 KiB", json: JSON.stringify(TEXT_64K), data: TEXT_64K },
];

function post(body: string, type = "application/json"): Asked {
  return { method: "POST", path: "/publish", headers: { "Content-Type": type }, body };
}

function ids({ status, text }: Answered): Published[] {
  expect(status).toBe(200);
  return [JSON.parse(text) as Published | Published[]].flat();
}

describe.for(WAYS)("published $way", ({ open }) => {
  test.for(DATA)("$what arrives as it was written", async ({ json, data }) => {
    const hub = createHub();
    onTestFinished(() => hub.close({ drain: 0 }));
    const ask = await open(hub);
    const stream = new Stream(await hub.fetch(request(), { topics: ["a", "default"] }));
    await stream.live();
    // With space where JSON allows it, as the last member and as the first, in a batch and as a line.
    const line = json.replaceAll(/[\r\n]/g, " ");
    const bodies = [
      post(`{"topic":"a","data":${json}}`),
      post(`\n{ "data" : ${json} , "topic" : [ "a" ] }\r\n`),
      post(`[ {"data":1} ,{"topic":"a","data":${json}\n}, {"data":2}]`),
      post(`{"data":1}\r\n\n{"topic":"a","data":${line}}\n`, "application/x-ndjson"),
    ];
    const published: Published[] = [];
    for (const body of bodies) published.push(...ids(await ask(body)));
    const events = await stream.events(7);
    expect(events.map(({ id }) => id)).toEqual(published.map(({ id }) => id));
    const got = events.filter(({ topics }) => topics.includes("a")).map((frame) => frame.data);
    expect(got.slice(0, 3)).toEqual([data, data, data]);
    expect(got[3]).toBe(json.includes("\r") ? data.replaceAll("\n", " ").replace(",  3", ",   3") : data);
  });

  test("an event without a topic goes to those who named none", async () => {
    const hub = createHub();
    onTestFinished(() => hub.close({ drain: 0 }));
    const ask = await open(hub);
    const front = createFront(hub);
    const stream = new Stream(await front.fetch(request()));
    await stream.live();
    await ask(post('{"data":"to all"}'));
    await ask(post('{"topic":"other","data":"to others"}'));
    await ask(post('{"topic":["other","default"],"data":"to both"}'));
    const events = await stream.events(2);
    expect(events.map(({ data, topics }) => [data, topics])).toEqual([
      ["to all", ["default"]],
      ["to both", ["other", "default"]],
    ]);
  });

  test("the answer is the event's own id and what it survives; a batch is answered in its order", async () => {
    const hub = createHub();
    onTestFinished(() => hub.close({ drain: 0 }));
    const ask = await open(hub);
    const stream = new Stream(await hub.fetch(request(), { topics: ["*"] }));
    await stream.live();
    const one = await ask(post('{"topic":"a","event":"greeting","data":{"hello":"world"}}'));
    expect(one.headers.get("content-type")).toBe("application/json");
    expect(one.headers.get("cache-control")).toBe("no-store");
    const answer = JSON.parse(one.text) as Published;
    expect(answer).toEqual({ id: expect.any(String), durability: "memory" });
    expect(await ask(post("[]")).then(({ text }) => text)).toBe("[]");
    const single = ids(await ask(post('[{"topic":"b","data":2}]')));
    const lines = ids(await ask(post('{"topic":"c","data":3}\n{"topic":"d","data":4}', "application/x-ndjson")));
    const events = await stream.events(4);
    expect(events[0]).toMatchObject({ event: "greeting", topics: ["a"], data: '{"hello":"world"}', retry: undefined });
    expect(events.map(({ id }) => id)).toEqual([
      answer.id,
      ...single.map(({ id }) => id),
      ...lines.map(({ id }) => id),
    ]);
  });

  test("a key sent again appends nothing and is answered the same, as a duplicate; its key is in no frame", async () => {
    const hub = createHub();
    onTestFinished(() => hub.close({ drain: 0 }));
    const ask = await open(hub);
    const stream = new Stream(await hub.fetch(request(), { topics: ["a"] }));
    await stream.live();
    const keyed = post('{"topic":"a","event":"paid","data":{"n":1},"idempotencyKey":"order-42"}');
    const [first] = ids(await ask(keyed));
    expect(first?.duplicate).toBeUndefined();
    expect(ids(await ask(keyed))).toEqual([{ ...first, duplicate: true }]);
    const batch = ids(
      await ask(
        post('[{"topic":"a","data":2},{"topic":"a","event":"paid","data":{"n":1},"idempotencyKey":"order-42"}]'),
      ),
    );
    expect(batch.map(({ duplicate }) => duplicate)).toEqual([undefined, true]);
    expect(batch[1]?.id).toBe(first?.id);
    const twice = ids(
      await ask(post('[{"topic":"a","data":3,"idempotencyKey":"k"},{"topic":"a","data":3,"idempotencyKey":"k"}]')),
    );
    expect(twice.map(({ duplicate }) => duplicate)).toEqual([undefined, true]);
    // The same key in another topic is another key.
    const elsewhere = ids(await ask(post('{"topic":"b","data":4,"idempotencyKey":"order-42"}')));
    expect(elsewhere[0]?.duplicate).toBeUndefined();
    await hub.publish("a", { data: "last" });
    const events = await stream.events(4);
    expect(events.map(({ data }) => data)).toEqual(['{"n":1}', "2", "3", "last"]);
    expect(JSON.stringify(stream.frames)).not.toContain("order-42");
    expect(hub.stats().published).toBe(5);
  });
});

test("what is published to topics of one connection arrives on it over a socket, as it was written", async () => {
  const hub = createHub();
  onTestFinished(() => hub.close({ drain: 0 }));
  const front = createFront(hub);
  const { port, url } = await listen((req, res) => void front.handle(req, res));
  const connection = await dial(port, get("/events?topic=a&topic=b%2F*&topic=gr%C3%BC%C3%9Fe"));
  await connection.until(/event: tidings:live\n/);
  const headers = { "Content-Type": "application/json" };
  for (const [topic, { json }] of DATA.map((each, n) => [["a", "b/1", "grüße"][n % 3], each] as const)) {
    const body = `{"topic":${JSON.stringify(topic)},"data":${json}}`;
    expect((await fetch(`${url}/publish`, { method: "POST", headers, body })).status).toBe(200);
  }
  const published = (): Frame[] => connection.frames.filter(isPublished);
  await connection.until(() => published().length === DATA.length);
  expect(published().map(({ data }) => data)).toEqual(DATA.map(({ data }) => data));
  expect(new Set(published().flatMap(({ topics }) => topics))).toEqual(new Set(["a", "b/1", "grüße"]));
});
