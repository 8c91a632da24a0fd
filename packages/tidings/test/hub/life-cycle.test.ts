import { describe, expect, test } from "vitest";
import { createHub, memoryLog, type Hub } from "../../src/index.ts";
import { isPublished } from "../frames.ts";
import { request, Stream } from "../stream.ts";

async function open(
  hub: Hub,
  topics: string[],
  lastEventId?: string,
  from?: "earliest" | `last:${number}`,
): Promise<Stream> {
  return new Stream(await hub.fetch(request(lastEventId), { topics, from }));
}

async function ids(hub: Hub, topic: string, ...data: string[]): Promise<string[]> {
  return (await hub.publishBatch(data.map((each) => ({ topic, data: each })))).map(({ id }) => id);
}

function seen(stream: Stream): (string | undefined)[] {
  return stream.frames.filter(isPublished).map(({ data }) => data);
}

describe("a stream", () => {
  test("opens with its retry, its position and the heartbeat, is live at once, and brings what is published", async () => {
    const hub = createHub({ heartbeat: "20s" });
    const stream = await open(hub, ["a"]);
    const [opening, live] = await stream.live();
    expect(opening).toMatchObject({ event: "tidings:cursor", data: '{"heartbeat":20000}' });
    expect(opening?.retry).toBeGreaterThanOrEqual(1000);
    expect(opening?.retry).toBeLessThanOrEqual(5000);
    expect(live).toMatchObject({ event: "tidings:live", data: "", id: opening?.id });
    const { id } = await hub.publish("a", { event: "greeting", data: { hello: "world" } });
    const [event] = await stream.events(1);
    expect(event).toEqual({
      id,
      event: "greeting",
      data: '{"hello":"world"}',
      topics: ["a"],
      cursor: undefined,
      retry: undefined,
    });
    await hub.close();
  });

  test("brings an event of several topics once to a subscriber of both", async () => {
    const hub = createHub();
    const stream = await open(hub, ["a", "b", "*", "**"]);
    await stream.live();
    await hub.publish(["a", "b"], { data: "both" });
    await hub.publish("b", { data: "one" });
    const events = await stream.events(2);
    expect(events.map(({ data, topics }) => [data, topics])).toEqual([
      ["both", ["a", "b"]],
      ["one", ["b"]],
    ]);
    await hub.close();
  });

  test("resumes with exactly what came after an id, then is live", async () => {
    const hub = createHub();
    const published = await ids(hub, "a", "1", "2", "3");
    await ids(hub, "b", "other");
    const stream = await open(hub, ["a"], published[0]);
    const frames = await stream.live();
    expect(frames.map(({ event, data }) => [event, data])).toEqual([
      ["tidings:cursor", '{"heartbeat":15000}'],
      ["message", "2"],
      ["message", "3"],
      ["tidings:live", ""],
    ]);
    expect(frames[0]?.id).toBe(published[0]);
    await hub.close();
  });

  test("begins at the oldest event with from=earliest, and at the next one without", async () => {
    const hub = createHub({ log: memoryLog({ maxEvents: 2 }) });
    await ids(hub, "a", "1", "2", "3");
    const earliest = await open(hub, ["a"], undefined, "earliest");
    await earliest.live();
    expect(seen(earliest)).toEqual(["2", "3"]);
    expect(earliest.frames.map(({ event }) => event)).not.toContain("tidings:gap");
    const now = await open(hub, ["a"]);
    await now.live();
    expect(seen(now)).toEqual([]);
    await hub.close();
  });

  test("gets the newest of each topic with from=last:N, with a cursor and without an id, then its position", async () => {
    const hub = createHub({ log: memoryLog({ maxEvents: 2 }) });
    const [, kept] = await ids(hub, "quiet", "old", "kept");
    await ids(hub, "busy", "1", "2", "3");
    const stream = await open(hub, ["quiet", "busy"], undefined, "last:1");
    const frames = await stream.live();
    expect(frames.map(({ event, data, id, cursor }) => [event, data, id !== undefined, cursor !== undefined])).toEqual([
      ["tidings:cursor", '{"heartbeat":15000}', false, false],
      ["message", "kept", false, true],
      ["message", "3", false, true],
      ["tidings:cursor", "", true, false],
      ["tidings:live", "", true, false],
    ]);
    expect(frames[1]?.cursor).toBe(kept);
    await hub.close();
  });

  test("is told by one gap, with exact bounds, what retention has taken, and gets everything that is left", async () => {
    const hub = createHub({ log: memoryLog({ maxEvents: 3 }) });
    const published = await ids(hub, "a", "1", "2", "3", "4", "5", "6");
    const stream = await open(hub, ["a"], published[0]);
    const frames = await stream.live();
    expect(frames.map(({ event, data }) => [event, data])).toEqual([
      ["tidings:cursor", '{"heartbeat":15000}'],
      ["tidings:gap", JSON.stringify({ reason: "evicted", after: published[0], through: published[2] })],
      ["message", "4"],
      ["message", "5"],
      ["message", "6"],
      ["tidings:live", ""],
    ]);
    expect([frames[0]?.id, frames[1]?.id]).toEqual([undefined, published[2]]);
    // Cut right after the notice: no second one, and the next event is not missed.
    const again = await open(hub, ["a"], published[2]);
    await again.live();
    expect(again.frames.map(({ event }) => event)).toEqual([
      "tidings:cursor",
      "message",
      "message",
      "message",
      "tidings:live",
    ]);
    await hub.close();
  });

  test("is told by one reset that its cursor is of another history, and gets everything of this one", async () => {
    const hub = createHub();
    const published = await ids(hub, "a", "1", "2");
    const [epoch, , tag] = published[0]?.split("-") ?? [];
    const wrong = [
      "garbage",
      "x".repeat(4096),
      `other-1-${tag}`,
      `${epoch}-9-${tag}`,
      `${epoch}-1-${tag}x`,
      `${epoch}-0-1`,
      "%00",
      "1",
    ];
    for (const cursor of wrong) {
      const stream = await open(hub, ["a"], cursor);
      const frames = await stream.live();
      expect(
        frames.map(({ event }) => event),
        cursor,
      ).toEqual(["tidings:cursor", "tidings:reset", "message", "message", "tidings:live"]);
      expect(frames[0]?.id).toBe(undefined);
      const again = await open(hub, ["a"], frames[1]?.id);
      await again.live();
      expect(again.frames.map(({ event }) => event)).toEqual(["tidings:cursor", "message", "message", "tidings:live"]);
    }
    await hub.close();
  });

  test("that is quiet is given its position by heartbeats, so a busy neighbour does not make it fall behind", async () => {
    const hub = createHub({ heartbeat: 100, log: memoryLog({ maxEvents: 2 }) });
    const stream = await open(hub, ["quiet"]);
    await stream.live();
    const published = await ids(hub, "busy", "1", "2", "3", "4");
    await stream.until(() => stream.lastEventId === published[3]);
    const heartbeat = stream.frames.at(-1);
    expect(heartbeat).toMatchObject({ event: "tidings:cursor", data: "", retry: undefined });
    await stream.cancel();
    const again = await open(hub, ["quiet"], stream.lastEventId);
    expect((await again.live()).map(({ event }) => event)).toEqual(["tidings:cursor", "tidings:live"]);
    await hub.close();
  });

  test("of a client that reads slowly holds what its sink takes, and gets everything in order when it reads on", async () => {
    const hub = createHub();
    const stream = await open(hub, ["a"]);
    await stream.live();
    const published: string[] = [];
    for (let batch = 0; batch < 40; batch++) {
      published.push(
        ...(await ids(hub, "a", ...Array.from({ length: 25 }, (_, index) => `${batch}/${index} ${"x".repeat(1_000)}`))),
      );
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(hub.stats().subscribersByState).toEqual({ replaying: 0, live: 0, catchingUp: 1 });
    const events = await stream.events(1_000);
    expect(events.map(({ id }) => id)).toEqual(published);
    await hub.publish("a", { data: "live again" });
    expect((await stream.events(1_001)).at(-1)?.data).toBe("live again");
    expect(stream.frames.filter(({ event }) => event === "tidings:gap" || event === "tidings:live")).toHaveLength(1);
    await hub.close();
  });

  test("that left is forgotten", async () => {
    const hub = createHub();
    const stream = await open(hub, ["a", "b/*"]);
    await stream.live();
    expect(hub.stats()).toMatchObject({ subscribers: 1, topics: 2 });
    await stream.cancel();
    expect(hub.stats()).toMatchObject({ subscribers: 0, topics: 0, closed: { client: 1 } });
    await hub.close();
  });

  test("is told when to come back and ends when the hub is closed, after what was published", async () => {
    const hub = createHub();
    const stream = await open(hub, ["a"]);
    await stream.live();
    void hub.publish("a", { data: "last" });
    await hub.close();
    const frames = await stream.until(() => false);
    expect(frames.slice(2).map(({ data, retry }) => [data, typeof retry])).toEqual([
      ["last", "undefined"],
      [undefined, "number"],
    ]);
    await expect(hub.publish("a", { data: "late" })).rejects.toMatchObject({ code: "closed" });
    const late = await open(hub, ["a"]);
    expect((await late.until(() => false)).map(({ event, retry }) => [event, typeof retry])).toEqual([
      ["message", "number"],
    ]);
  });
});
