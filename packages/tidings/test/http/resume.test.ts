import { describe, expect, onTestFinished, test } from "vitest";

import { createFront } from "../../src/http/index.ts";
import { createHub, memoryLog, type Hub } from "../../src/index.ts";
import { isPublished, type Frame } from "../frames.ts";
import { Stream } from "../stream.ts";
import { dial, get } from "./connection.ts";
import { listen } from "./node-server.ts";

type Open = (path: string, headers?: Readonly<Record<string, string>>) => Promise<Frame[]>;

/** Opens a stream and answers its frames up to the one that says that it is live. */
const WAYS: readonly { readonly way: string; readonly start: (hub: Hub) => Promise<Open> }[] = [
  {
    way: "over a socket",
    async start(hub) {
      const front = createFront(hub);
      const { port } = await listen((req, res) => void front.handle(req, res));
      return async (path, headers) => {
        const connection = await dial(port, get(path, headers));
        await connection.until(/\nevent: tidings:live\n[^]*\n\n/);
        expect(connection.head).toMatch(/^HTTP\/1\.1 200 /);
        return connection.frames;
      };
    },
  },
  {
    way: "by the fetch handler",
    async start(hub) {
      const front = createFront(hub);
      return async (path, headers = {}) => {
        const response = await front.fetch(new Request(`http://hub.test${path}`, { headers }));
        expect(response.status).toBe(200);
        const stream = new Stream(response);
        return await stream.live();
      };
    },
  },
];

function data(frames: readonly Frame[]): unknown[] {
  return frames.filter(isPublished).map((frame) => frame.data);
}

/** A hub with five events, and the id of each. */
async function five(): Promise<{ hub: Hub; ids: string[] }> {
  const hub = createHub();
  onTestFinished(() => hub.close({ drain: 0 }));
  const published = await hub.publishBatch(["1", "2", "3", "4", "5"].map((each) => ({ topic: "default", data: each })));
  return { hub, ids: published.map(({ id }) => id) };
}

describe.for(WAYS)("a stream opened $way", ({ start }) => {
  test("resumes after the header's id, which beats the query's, which beats from", async () => {
    const { hub, ids } = await five();
    const open = await start(hub);
    const header = { "Last-Event-ID": ids[3] ?? "" };
    expect(data(await open(`/events?lastEventId=${ids[1]}&from=earliest`, header))).toEqual(["5"]);
    expect(data(await open("/events?from=last:2", header))).toEqual(["5"]);
    expect(data(await open(`/events?lastEventId=${ids[1]}&from=earliest`))).toEqual(["3", "4", "5"]);
    expect(data(await open("/events?from=earliest"))).toEqual(["1", "2", "3", "4", "5"]);
    expect(hub.stats().resets).toBe(0);
  });

  test("takes an empty header or an empty lastEventId for none", async () => {
    const { hub, ids } = await five();
    const open = await start(hub);
    expect(data(await open(`/events?lastEventId=${ids[1]}`, { "Last-Event-ID": "" }))).toEqual(["3", "4", "5"]);
    expect(data(await open("/events?lastEventId=&from=earliest"))).toEqual(["1", "2", "3", "4", "5"]);
    expect(hub.stats().resets).toBe(0);
  });

  test("begins now by default, at the oldest event, or with the newest N, as from says", async () => {
    const { hub } = await five();
    const open = await start(hub);
    expect(data(await open("/events"))).toEqual([]);
    expect(data(await open("/events?from=now"))).toEqual([]);
    expect(data(await open("/events?from=earliest"))).toEqual(["1", "2", "3", "4", "5"]);
    const last = await open("/events?from=last:2");
    expect(data(last)).toEqual(["4", "5"]);
    expect(last.filter(isPublished).map(({ id, cursor }) => [id, typeof cursor])).toEqual([
      [undefined, "string"],
      [undefined, "string"],
    ]);
    expect(data(await open("/events?from=last:1000&client=tidings/1.0"))).toEqual(["1", "2", "3", "4", "5"]);
    expect(data(await open("/events?topic=empty&from=last:3"))).toEqual([]);
  });

  test.for([
    { what: "garbage", id: "garbage" },
    { what: "a text that only looks like a cursor", id: "epoch-1-" },
    { what: "a number", id: "5" },
    { what: "several ids, as a proxy joins two headers", id: "a-1-2, a-1-3" },
    { what: "4 KiB of garbage", id: "x".repeat(4_096) },
    { what: "the id that ends a stream of sse", id: "tidings-end" },
    { what: "bytes that are not UTF-8", id: "\xff\xfe" },
  ])("answers $what as the last id with a reset, and brings all there is", async ({ id }) => {
    const { hub } = await five();
    const open = await start(hub);
    const frames = await open("/events", { "Last-Event-ID": id });
    const [opening, reset] = frames;
    expect([opening?.event, opening?.id]).toEqual(["tidings:cursor", undefined]);
    expect(reset).toMatchObject({
      event: "tidings:reset",
      data: '{"reason":"unknown-cursor"}',
      id: expect.stringMatching(/-0-0$/),
    });
    expect(data(frames)).toEqual(["1", "2", "3", "4", "5"]);
    expect(frames.filter(({ event }) => event === "tidings:reset")).toHaveLength(1);
    expect(data(await open(`/events?lastEventId=${encodeURIComponent(id.replaceAll(/[^ -~]/g, "é"))}`))).toHaveLength(
      5,
    );
    expect(hub.stats().resets).toBe(2);
  });

  test.for([
    {
      what: "from another epoch",
      change: (epoch: string, offset: string, tag: string) => `${epoch}x-${offset}-${tag}`,
    },
    { what: "ahead of the log", change: (epoch: string, _: string, tag: string) => `${epoch}-99-${tag}` },
    {
      what: "with a wrong tag",
      change: (epoch: string, offset: string, tag: string) => `${epoch}-${offset}-${tag === "1" ? "2" : "1"}`,
    },
  ])("answers an id $what with a reset, and the next one does not repeat it", async ({ change }) => {
    const { hub, ids } = await five();
    const open = await start(hub);
    const [epoch = "", offset = "", tag = ""] = ids[2]?.split("-") ?? [];
    const frames = await open("/events", { "Last-Event-ID": change(epoch, offset, tag) });
    const reset = frames.find(({ event }) => event === "tidings:reset");
    expect(reset?.data).toBe('{"reason":"history-changed"}');
    expect(data(frames)).toEqual(["1", "2", "3", "4", "5"]);
    const again = await open("/events", { "Last-Event-ID": reset?.id ?? "" });
    expect(data(again)).toEqual(["1", "2", "3", "4", "5"]);
    expect(again.map(({ event }) => event)).not.toContain("tidings:reset");
  });

  test("confesses a gap with its bounds, once, to one whom retention has passed by, and to nobody else", async () => {
    const hub = createHub({ log: memoryLog({ maxEvents: 2 }) });
    onTestFinished(() => hub.close({ drain: 0 }));
    const open = await start(hub);
    const published = await hub.publishBatch(
      ["1", "2", "3", "4", "5"].map((each) => ({ topic: "default", data: each })),
    );
    const ids = published.map(({ id }) => id);
    const frames = await open("/events", { "Last-Event-ID": ids[0] ?? "" });
    const [opening, gap] = frames;
    expect(opening?.id).toBeUndefined();
    expect(gap).toMatchObject({ event: "tidings:gap", id: ids[2] });
    expect(JSON.parse(gap?.data ?? "")).toEqual({ reason: "evicted", after: ids[0], through: ids[2] });
    expect(data(frames)).toEqual(["4", "5"]);
    const after = await open("/events", { "Last-Event-ID": gap?.id ?? "" });
    expect(after.map(({ event }) => event)).toEqual(["tidings:cursor", "message", "message", "tidings:live"]);
    const within = await open("/events", { "Last-Event-ID": ids[3] ?? "" });
    expect(data(within)).toEqual(["5"]);
    expect(hub.stats()).toMatchObject({ gaps: 1, resets: 0 });
  });
});

test("a head beyond Node's limit is answered 431, and the hub serves on", async () => {
  const { hub } = await five();
  const front = createFront(hub);
  const { port } = await listen((req, res) => void front.handle(req, res));
  const large = await dial(port, get("/events", { "Last-Event-ID": "x".repeat(20_000) }));
  expect((await large.ended()).text).toMatch(/^HTTP\/1\.1 431 /);
  const next = await dial(port, get("/events?from=earliest"));
  await next.until(/tidings:live/);
  expect(data(next.frames)).toHaveLength(5);
});
