import { describe, expect, onTestFinished, test } from "vitest";

import type { Delivered, Notice, Tidings } from "../../src/client/connect/tidings.ts";
import { connect } from "../../src/client/connect/connect.ts";
import { createHub } from "../../src/index.ts";
import { createFront } from "../../src/http/index.ts";
import { memoryLog } from "../../src/hub/log/memory-log.ts";
import { createTestSource } from "../../src/testing/index.ts";

/** What a story needs of the other side, be it the test source or the hub itself. */
interface Side {
  readonly client: Tidings;
  emit(topic: string | readonly string[], event: string, data: unknown): Promise<void>;
  /** The connection breaks, these events happen, and the client comes back. */
  away(meanwhile: () => Promise<void>): Promise<void>;
  settled(): Promise<void>;
}

function testSide(): Side {
  const source = createTestSource();
  return {
    client: source.connect(),
    async emit(topic, event, data) {
      await source.emit(topic, event, data);
    },
    async away(meanwhile) {
      await source.drop();
      await meanwhile();
      await source.advance(60_000);
    },
    settled: source.settled,
  };
}

function hubSide(): Side {
  const hub = createHub({ log: memoryLog(), retry: { min: 1, max: 2 } });
  const front = createFront(hub);
  let cut = new AbortController();
  let up: PromiseWithResolvers<void> | undefined;
  const client = connect("http://hub.example/events", {
    shareTabs: false,
    retry: { min: 1 },
    async fetch(input, init) {
      await up?.promise;
      const response = await front.fetch(new Request(input, init));
      if (response.body === null || !response.headers.get("Content-Type")?.startsWith("text/event-stream")) {
        return response;
      }
      // A connection that can be broken.
      const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
      void response.body.pipeTo(writable, { signal: cut.signal }).catch(() => undefined);
      return new Response(readable, response);
    },
  });
  onTestFinished(async () => {
    client.close();
    await hub.close();
  });
  let markers = 0;
  const side: Side = {
    client,
    async emit(topic, event, data) {
      await hub.publish(topic, { event, data });
    },
    async away(meanwhile) {
      up = Promise.withResolvers();
      cut.abort(new TypeError("cut"));
      cut = new AbortController();
      await meanwhile();
      up.resolve();
      await side.settled();
    },
    // When a marker has come, all that was before it has.
    async settled() {
      await expect.poll(() => client.status.getSnapshot().state).toBe("live");
      markers += 1;
      const mine = markers;
      const end = client.onAny("marker", ({ data }) => void seen.push(data));
      const seen: unknown[] = [];
      await expect
        .poll(async () => {
          await hub.publish("marker", { data: mine });
          return seen.includes(mine);
        })
        .toBe(true);
      end();
    },
  };
  return side;
}

describe.each([
  ["the test source", testSide],
  ["the hub", hubSide],
])("the same story with %s", (_, makeSide) => {
  test("has the same events", async () => {
    const { client, emit, away, settled } = makeSide();
    onTestFinished(() => client.close());
    const story: unknown[][] = [];
    const ids = new Set<unknown>();
    const tell =
      (who: string) =>
      ({ topic, topics, event, data, id }: Delivered): void => {
        story.push([who, topic, topics, event, data]);
        if (who === "one") ids.add(id);
      };
    const resync = ({ kind }: Notice): void => void story.push(["notice", kind]);

    await emit("a/1", "old", { n: 0 });
    client.onAny("a/*", tell("one"), { resync });
    await settled();
    await emit("a/1", "first", { n: 1 });
    await emit(["a/2", "b"], "second", { n: 2, text: "two\nlines" });
    await settled();
    await away(async () => {
      await emit("a/1", "third", { n: 3 });
      await emit("c", "not for us", { n: 3 });
      await emit("a/1/x", "not for us", { n: 3 });
    });
    await settled();
    client.onAny("a/1", tell("late"), { from: "last:2" });
    await settled();
    await emit("a/1", "fourth", { n: 4 });
    await settled();
    const end = client.on("b", "fifth", (data) => void story.push(["b", data]));
    await settled();
    await emit("b", "fifth", { n: 5 });
    await settled();
    end();
    await emit("b", "fifth", { n: 6 });
    await settled();

    // In which order two handlers hear the same event is not promised.
    const of = (who: string): unknown[] => story.filter((line) => line[0] === who);
    expect(of("one")).toEqual([
      ["one", "a/1", ["a/1"], "first", { n: 1 }],
      ["one", "a/2", ["a/2", "b"], "second", { n: 2, text: "two\nlines" }],
      ["one", "a/1", ["a/1"], "third", { n: 3 }],
      ["one", "a/1", ["a/1"], "fourth", { n: 4 }],
    ]);
    expect(of("late")).toEqual([
      ["late", "a/1", ["a/1"], "first", { n: 1 }],
      ["late", "a/1", ["a/1"], "third", { n: 3 }],
      ["late", "a/1", ["a/1"], "fourth", { n: 4 }],
    ]);
    expect(of("b")).toEqual([["b", { n: 5 }]]);
    expect(of("notice")).toEqual([]);
    expect(ids.size).toBe(4);
  });

  test.each([
    ["a/*", { data: 1 }, "bad-topic"],
    ["$hub/x", { data: 1 }, "bad-topic"],
    ["a\nb", { data: 1 }, "bad-topic"],
    ["", { data: 1 }, "bad-topic"],
    ["é".repeat(600), { data: 1 }, "bad-topic"],
    [[], { data: 1 }, "bad-topic"],
    ["a", { event: "tidings:x", data: 1 }, "bad-event"],
    ["a", { event: "", data: 1 }, "bad-event"],
    ["a", { event: "x".repeat(300), data: 1 }, "bad-event"],
    ["a", { data: undefined }, "malformed"],
    ["a", { data: "\ud800" }, "bad-data"],
    ["a", { data: "x".repeat(65_537) }, "event-too-large"],
    ["a", { data: 1, idempotencyKey: "" }, "bad-key"],
  ] as const)("refuses %j %j", async (topic, publication, code) => {
    const { client } = makeSide();
    onTestFinished(() => client.close());
    await expect(client.publish(topic, publication)).rejects.toMatchObject({ problem: { code } });
  });

  test("takes a key again for another topic, and not for another payload", async () => {
    const { client } = makeSide();
    onTestFinished(() => client.close());
    const publish = async (topic: string, data: number): Promise<unknown> =>
      (await client.publish(topic, { data, idempotencyKey: "key" })).duplicate === true;
    expect(await publish("a", 1)).toBe(false);
    expect(await publish("a", 1)).toBe(true);
    expect(await publish("b", 2)).toBe(false);
    await expect(publish("a", 2)).rejects.toMatchObject({ status: 409, problem: { code: "conflict" } });
  });

  test("refuses more than 100 topics of one stream, and patterns that are none", async () => {
    const { client } = makeSide();
    onTestFinished(() => client.close());
    const refused: string[] = [];
    const ask = (topic: string): void =>
      void client.onAny(topic, () => undefined, { onError: ({ problem }) => refused.push(String(problem?.code)) });
    for (let i = 0; i < 99; i += 1) ask(`topic/${i}`);
    await expect.poll(() => client.status.getSnapshot().state).toBe("live");
    for (const topic of ["a*", "a/**/b", "*/ok", "one too many"]) ask(topic);
    await expect.poll(() => refused.length).toBe(3);
    expect(refused).toEqual(["bad-topic", "bad-topic", "too-many-topics"]);
  });
});
