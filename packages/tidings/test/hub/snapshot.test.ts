import { describe, expect, test } from "vitest";
import { createHub, memoryLog, type Hub, type Snapshot, type SnapshotEvent } from "../../src/index.ts";
import type { Frame } from "../frames.ts";
import { request, Stream } from "../stream.ts";

async function open(hub: Hub, snapshot: Snapshot, lastEventId?: string): Promise<Stream> {
  return new Stream(await hub.fetch(request(lastEventId), { topics: ["a"], snapshot }));
}

/** What a frame is, in a word. */
function word({ event, data, id }: Frame): string {
  if (event === "message") return id === undefined ? `snapshot ${data}` : `event ${data}`;
  const name = event.replace("tidings:", "");
  return id === undefined ? `${name} without id` : name;
}

function words(stream: Stream): string[] {
  return stream.frames.map(word);
}

/** A snapshot whose events come one at a time, when `next` is called. */
function stepped(): { snapshot: Snapshot; next: (event?: SnapshotEvent) => void; ended: boolean; started: number } {
  let give: ((event?: SnapshotEvent) => void) | undefined;
  const control = {
    started: 0,
    ended: false,
    next: (event?: SnapshotEvent) => give?.(event),
    snapshot: async function* () {
      control.started++;
      try {
        for (;;) {
          const event = await new Promise<SnapshotEvent | undefined>((resolve) => (give = resolve));
          if (event === undefined) return;
          yield event;
        }
      } finally {
        control.ended = true;
      }
    },
  };
  return control;
}

async function turns(n: number): Promise<void> {
  for (let turn = 0; turn < n; turn++) await new Promise((resolve) => setImmediate(resolve));
}

describe("a snapshot", () => {
  test("comes first, then every event since the moment it began, once, in order", async () => {
    const hub = createHub();
    await hub.publish("a", { data: "before" });
    const { snapshot, next } = stepped();
    const stream = await open(hub, snapshot);
    await stream.more();
    for (const data of ["1", "2"]) {
      await hub.publish("a", { data });
      next({ data: `state ${data}` });
      await turns(2);
    }
    await hub.publish("a", { data: "3" });
    await turns(2);
    next();
    await stream.live();
    await hub.publish("a", { data: "4" });
    await stream.until((frames) => frames.at(-1)?.data === "4");
    expect(words(stream)).toEqual([
      "cursor without id",
      "snapshot state 1",
      "snapshot state 2",
      "cursor",
      "event 1",
      "event 2",
      "event 3",
      "live",
      "event 4",
    ]);
    await hub.close();
  });

  test.each<[string, Snapshot, string[]]>([
    ["an event", () => ({ data: "one" }), ["one"]],
    ["an array", () => [{ data: "one" }, { data: { two: 2 } }], ["one", '{"two":2}']],
    ["a promise of an event", async () => ({ data: "one", event: undefined }), ["one"]],
    ["a promise of an array", async () => [{ data: "one" }], ["one"]],
    ["nothing", () => [], []],
    [
      "an async iterable",
      async function* () {
        yield { data: "one" };
        yield { data: "two" };
      },
      ["one", "two"],
    ],
  ])("may be %s", async (_, snapshot, data) => {
    const hub = createHub();
    const stream = await open(hub, snapshot);
    await stream.live();
    expect(words(stream)).toEqual(["cursor without id", ...data.map((each) => `snapshot ${each}`), "cursor", "live"]);
    await hub.close();
  });

  test("is not sent to one who comes back with a good cursor", async () => {
    const hub = createHub();
    const { id } = await hub.publish("a", { data: "1" });
    await hub.publish("a", { data: "2" });
    const stream = await open(hub, () => ({ data: "state" }), id);
    await stream.live();
    expect(words(stream)).toEqual(["cursor", "event 2", "live"]);
    await hub.close();
  });

  test("is sent again after a gap and after a reset, which have no id then", async () => {
    const hub = createHub({ log: memoryLog({ maxEvents: 2 }) });
    const ids = (await hub.publishBatch(["1", "2", "3", "4"].map((data) => ({ topic: "a", data })))).map(
      ({ id }) => id,
    );
    const gap = await open(hub, () => ({ data: "state" }), ids[0]);
    await gap.live();
    expect(words(gap)).toEqual(["cursor without id", "gap without id", "snapshot state", "cursor", "live"]);
    expect(gap.frames[1]?.data).toBe(JSON.stringify({ reason: "evicted", after: ids[0], through: ids[1] }));
    expect(gap.lastEventId).toBe(ids[3]);
    const reset = await open(hub, () => ({ data: "state" }), "not-a-cursor");
    await reset.live();
    expect(words(reset)).toEqual(["cursor without id", "reset without id", "snapshot state", "cursor", "live"]);
    await hub.close();
  });

  test("that takes long is kept alive by heartbeats without an id", async () => {
    const hub = createHub({ heartbeat: 100 });
    const { snapshot, next } = stepped();
    const stream = await open(hub, snapshot);
    await stream.until((frames) => frames.length >= 3);
    expect(words(stream)).toEqual(["cursor without id", "cursor without id", "cursor without id"]);
    next();
    await stream.live();
    expect(words(stream).slice(-2)).toEqual(["cursor", "live"]);
    await hub.close();
  });

  test("is sent anew when retention overtakes it, and the second time the stream is closed", async () => {
    // The tail holds 8 MiB, the log two events: only a log that has let go, and a tail too, is overtaken.
    const hub = createHub({ log: memoryLog({ maxEvents: 2 }), maxEventBytes: 1_000_000 });
    const overtake = async (): Promise<void> => {
      for (let index = 0; index < 12; index++) await hub.publish("b", { data: "x".repeat(900_000) });
      // The tail takes what was dispatched: a turn for each.
      await turns(30);
    };
    const { snapshot, next } = stepped();
    const stream = await open(hub, snapshot);
    await stream.more();
    await overtake();
    next();
    await stream.until((frames) => frames.length >= 2);
    expect(words(stream)).toEqual(["cursor without id", "gap without id"]);
    await turns(3);
    await overtake();
    next();
    await stream.until(() => false);
    expect(words(stream)).toEqual(["cursor without id", "gap without id", "gap without id"]);
    expect(hub.stats().closed).toMatchObject({ overtaken: 1 });
    await hub.close();
  });

  test("that is overtaken once is sent whole, and the stream goes on", async () => {
    const hub = createHub({ log: memoryLog({ maxEvents: 2 }), maxEventBytes: 1_000_000 });
    const { snapshot, next } = stepped();
    const stream = await open(hub, snapshot);
    await stream.more();
    for (let index = 0; index < 12; index++) await hub.publish("b", { data: "x".repeat(900_000) });
    await turns(30);
    next();
    await stream.until((frames) => frames.length >= 2);
    await turns(3);
    next({ data: "whole" });
    await turns(3);
    next();
    await stream.live();
    expect(words(stream)).toEqual(["cursor without id", "gap without id", "snapshot whole", "cursor", "live"]);
    await hub.close();
  });

  test("that throws ends the stream, and the hub's logger hears why", async () => {
    const errors: object[] = [];
    const logger = { debug() {}, info() {}, warn() {}, error: (fields: object) => void errors.push(fields) };
    const hub = createHub({ logger });
    const stream = await open(hub, () => {
      throw new Error("the database is away");
    });
    await stream.until(() => false);
    expect(words(stream)).toEqual(["cursor without id"]);
    expect(hub.stats().closed).toMatchObject({ failed: 1 });
    expect(errors).toMatchObject([{ error: { message: "the database is away" } }]);
    await hub.close();
  });

  test("is left when the client leaves", async () => {
    const hub = createHub();
    const control = stepped();
    const stream = await open(hub, control.snapshot);
    await stream.more();
    await turns(2);
    expect(control.started).toBe(1);
    await stream.cancel();
    expect(hub.stats().subscribers).toBe(0);
    // The generator stands in its own wait; it is ended when that is over.
    control.next({ data: "to nobody" });
    await turns(2);
    expect(control.ended).toBe(true);
    await hub.close();
  });
});
