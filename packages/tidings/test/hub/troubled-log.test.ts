import { describe, expect, test, vi } from "vitest";
import type { Draft, Entry, Followed, Log, Position } from "../../src/hub/log/log.ts";
import { createHub, memoryLog, type Hub, type Snapshot } from "../../src/index.ts";
import type { Frame } from "../frames.ts";
import { request, Stream } from "../stream.ts";
import { openNamed } from "./named-stream.ts";

async function open(hub: Hub, lastEventId?: string, from?: "earliest" | `last:${number}`): Promise<Stream> {
  return new Stream(await hub.fetch(request(lastEventId), { topics: ["a"], from }));
}

async function publish(hub: Hub, topic: string, ...data: string[]): Promise<string[]> {
  return (await hub.publishBatch(data.map((each) => ({ topic, data: each })))).map(({ id }) => id);
}

function draft(data: string): Draft {
  return { topics: ["a"], event: undefined, data, key: undefined, private: false, audience: undefined };
}

function word({ event, data }: Frame): string {
  return event === "message" ? `event ${data}` : event.replace("tidings:", "");
}

/** A log whose history can be put in another's place, as when a lagging replica is promoted or a backup is restored. */
class ReplaceableLog implements Log {
  readonly durability = "memory";
  readonly atomicBatches = true;
  current: Log = memoryLog();
  #replaced: AbortController = new AbortController();
  /** Batches that followers are not told. */
  skip = false;

  replace(log: Log): void {
    this.current = log;
    this.#replaced.abort();
    this.#replaced = new AbortController();
  }

  get ready(): boolean {
    return this.current.ready;
  }

  append(drafts: readonly Draft[]): ReturnType<Log["append"]> {
    return this.current.append(drafts);
  }

  read(...args: Parameters<Log["read"]>): ReturnType<Log["read"]> {
    return this.current.read(...args);
  }

  latest(...args: Parameters<Log["latest"]>): ReturnType<Log["latest"]> {
    return this.current.latest(...args);
  }

  ends(): ReturnType<Log["ends"]> {
    return this.current.ends();
  }

  close(): Promise<void> {
    return this.current.close();
  }

  async *follow(after: Position, signal: AbortSignal): AsyncGenerator<Followed, void> {
    let from = after;
    while (!signal.aborted) {
      for await (const told of this.current.follow(from, AbortSignal.any([signal, this.#replaced.signal]))) {
        if (!this.skip) yield told;
      }
      from = (await this.current.ends()).evictedThrough;
      if (!signal.aborted) yield { reset: true, position: from };
    }
  }
}

/** Two logs with one epoch and other tags: what a promoted replica that lost the end of the log looks like. */
async function twins(): Promise<[Log, Log]> {
  let calls = 0;
  let digit = 0.1;
  // The first two draws make the epoch, the others the tags.
  const runtime = { now: () => 0, elapsed: () => 0, random: () => (++calls <= 2 ? 0.5 : (digit = (digit * 7) % 1)) };
  const one = memoryLog({ runtime });
  calls = 0;
  const other = memoryLog({ runtime });
  expect((await one.ends()).head.epoch).toBe((await other.ends()).head.epoch);
  return [one, other];
}

describe("a history that is replaced while streams are open", () => {
  test("is told by one reset, and then everything that the new one has", async () => {
    const log = new ReplaceableLog();
    const hub = createHub({ log });
    const stream = await open(hub);
    await stream.live();
    await publish(hub, "a", "old");
    await stream.events(1);
    const next = memoryLog();
    await next.append([draft("new 1")]);
    log.replace(next);
    await stream.events(2);
    await publish(hub, "a", "new 2");
    await stream.events(3);
    expect(stream.frames.map(word)).toEqual(["cursor", "live", "event old", "reset", "event new 1", "event new 2"]);
    expect(hub.stats()).toMatchObject({ resets: 1, subscribersByState: { live: 1 } });
    await hub.close();
  });

  test("is told even if nothing comes after it", async () => {
    const log = new ReplaceableLog();
    const hub = createHub({ log });
    const stream = await open(hub);
    await stream.live();
    log.replace(memoryLog());
    await stream.until((frames) => frames.some(({ event }) => event === "tidings:reset"));
    expect(stream.frames.map(word)).toEqual(["cursor", "live", "reset"]);
    await hub.close();
  });

  test("is told to one who waits for what the log has and its followers were not told", async () => {
    const log = new ReplaceableLog();
    const hub = createHub({ log });
    await publish(hub, "a", "1");
    log.skip = true;
    const [ahead] = await publish(hub, "a", "2");
    const stream = await open(hub, ahead);
    await stream.more();
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(stream.frames.map(word)).toEqual(["cursor"]);
    log.skip = false;
    log.replace(memoryLog());
    await stream.live();
    expect(stream.frames.map(word)).toEqual(["cursor", "reset", "live"]);
    await hub.close();
  });

  test("is known by its tags when it has the same epoch and takes up the same offsets again", async () => {
    const log = new ReplaceableLog();
    const [old, rewound] = await twins();
    log.current = old;
    const hub = createHub({ log });
    const stream = await open(hub);
    await stream.live();
    await publish(hub, "a", "1", "2", "lost 3", "lost 4");
    await stream.events(4);
    await rewound.append([draft("other 1"), draft("other 2")]);
    log.replace(rewound);
    await stream.events(6);
    await publish(hub, "a", "other 3");
    await stream.events(7);
    expect(stream.frames.slice(6).map(word)).toEqual(["reset", "event other 1", "event other 2", "event other 3"]);
    await hub.close();
  });

  test("is known by its tags, too, to one who did not read while it was replaced by a longer one", async () => {
    const log = new ReplaceableLog();
    const [old, other] = await twins();
    log.current = old;
    const hub = createHub({ log });
    const stream = await open(hub);
    await stream.live();
    const text = "x".repeat(60_000);
    await publish(hub, "a", `1 ${text}`, `2 ${text}`, `3 ${text}`);
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(hub.stats().subscribersByState.catchingUp).toBe(1);
    await other.append(["1", "2", "3", "4", "5"].map((each) => draft(`other ${each}`)));
    log.replace(other);
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    await stream.until((frames) => frames.at(-1)?.data === "other 5");
    const words = stream.frames.map(word);
    expect(words.slice(words.indexOf("reset"))).toEqual([
      "reset",
      ...[1, 2, 3, 4, 5].map((each) => `event other ${each}`),
    ]);
    await hub.close();
  });

  test("sends the snapshot again", async () => {
    const log = new ReplaceableLog();
    const hub = createHub({ log });
    const snapshot: Snapshot = () => ({ data: "state" });
    const stream = new Stream(await hub.fetch(request(), { topics: ["a"], snapshot }));
    await stream.live();
    log.replace(memoryLog());
    await stream.until((frames) => frames.filter(({ data }) => data === "state").length === 2);
    await publish(hub, "a", "1");
    await stream.until((frames) => frames.at(-1)?.data === "1");
    expect(stream.frames.slice(4).map(word)).toEqual(["reset", "event state", "cursor", "event 1"]);
    expect(stream.frames[4]?.id).toBe(undefined);
    await hub.close();
  });
});

describe("a follower that is not told of a batch", () => {
  test("has it read from the log, or confessed where retention took it", async () => {
    const log = new ReplaceableLog();
    log.current = memoryLog({ maxEvents: 3 });
    const hub = createHub({ log });
    const stream = await open(hub);
    await stream.live();
    const [first] = await publish(hub, "a", "1");
    await stream.events(1);
    log.skip = true;
    const skipped = await publish(hub, "a", "2", "3", "4");
    await new Promise((resolve) => setImmediate(resolve));
    log.skip = false;
    await publish(hub, "a", "5");
    await stream.events(4);
    expect(stream.frames.slice(2).map(word)).toEqual(["event 1", "gap", "event 3", "event 4", "event 5"]);
    expect(stream.frames[3]?.data).toBe(JSON.stringify({ reason: "evicted", after: first, through: skipped[0] }));
    await hub.close();
  });
});

describe("a follower that is away while retention goes on", () => {
  test("is waited for by streams that can be changed, and the log is not asked again and again", async () => {
    const log = new ReplaceableLog();
    log.current = memoryLog({ maxEvents: 5 });
    const text = "x".repeat(60_000);
    const batch = (...data: string[]): Draft[] => data.map((each) => draft(`${each} ${text}`));
    const [first] = await log.append(batch("1", "2", "3", "4", "5"));
    const { epoch = "", offset = 0, tag = 0 } = first?.position ?? {};
    const reads = vi.spyOn(log, "read");
    const hub = createHub({ log });
    const stream = await openNamed(hub, {}, `${epoch}-${offset}-${tag.toString(36)}`);
    log.skip = true;
    await log.append(batch("6", "7", "8", "9", "10", "11", "12"));
    const hearing = stream.until((frames) => frames.some(({ event }) => event === "tidings:live"));
    const before = reads.mock.calls.length;
    for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(reads.mock.calls.length - before).toBeLessThan(10);
    log.skip = false;
    await log.append([draft("13")]);
    await hearing;
    const words = stream.frames.map((frame) => word(frame).split(" x")[0]);
    expect(words.slice(words.indexOf("gap"))).toEqual([
      "gap",
      ...[9, 10, 11, 12, 13].map((each) => `event ${each}`),
      "live",
    ]);
    await hub.close({ drain: 0 });
  });
});

describe("a log that fails", () => {
  test("is followed again, and nothing that was published meanwhile is lost", async () => {
    const log = memoryLog();
    let failures = 0;
    const troubled: Log = {
      ...bound(log),
      async *follow(after, signal) {
        for await (const told of log.follow(after, signal)) {
          if (failures++ === 0) throw new Error("the connection broke");
          yield told;
        }
      },
    };
    const hub = createHub({ log: troubled });
    const stream = await open(hub);
    await stream.live();
    await publish(hub, "a", "1");
    await publish(hub, "a", "2");
    const events = await stream.events(2);
    expect(events.map(({ data }) => data)).toEqual(["1", "2"]);
    await hub.close();
  });

  test("that someone else has closed lets the event loop turn, and publishing says so", async () => {
    const log = memoryLog();
    const hub = createHub({ log });
    await log.close();
    for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
    await expect(hub.publish("a", { data: "1" })).rejects.toMatchObject({ code: "closed" });
    await hub.close();
  });

  test("in an append rejects with log-failed: what became of it is not known", async () => {
    const cause = new Error("the disk is full");
    const hub = createHub({ log: { ...bound(memoryLog()), append: () => Promise.reject(cause) } });
    await expect(hub.publish("a", { data: "1" })).rejects.toMatchObject({ code: "log-failed", cause });
    await hub.close();
  });

  test("in a read ends the stream, and the client comes back", async () => {
    const log = memoryLog();
    const [answer] = await log.append([draft("1")]);
    const hub = createHub({ log: { ...bound(log), read: () => Promise.reject(new Error("away")) } });
    const { epoch, offset, tag } = answer?.position ?? { epoch: "", offset: 0, tag: 0 };
    const stream = await open(hub, `${epoch}-${offset}-${tag.toString(36)}`);
    await stream.until(() => false);
    expect(hub.stats().closed.failed).toBe(1);
    await hub.close();
  });

  test("by not answering leaves a stream with heartbeats, and nothing of those who left", async () => {
    const hub = createHub({ heartbeat: 100, log: { ...bound(memoryLog()), ends: () => new Promise(() => {}) } });
    const stream = await open(hub);
    await stream.more();
    expect(stream.frames).toMatchObject([{ event: "tidings:cursor", data: "", id: undefined }]);
    await stream.cancel();
    expect(hub.stats().subscribers).toBe(0);
    await hub.close({ drain: 100 });
  });

  test("tells a range that it cannot read as corrupt, between what it can", async () => {
    const log = memoryLog();
    // Before the hub began to follow: what it has in memory it does not read.
    const publisher = createHub({ log });
    const ids = await publish(publisher, "a", "0", "1", "2", "3", "4");
    const hub = createHub({
      log: {
        ...bound(log),
        async read(after, filter, limit) {
          const found = await log.read(after, filter, limit);
          if (found.reset) return found;
          const [first, , third] = found.entries;
          const at = ({ offset, tag }: Entry): Position => ({ epoch: after.epoch, offset, tag });
          if (first === undefined || third === undefined) return found;
          const corrupt = [{ after: at(first), through: at(third) }];
          return {
            ...found,
            corrupt,
            entries: found.entries.filter((entry) => entry === first || entry.offset > third.offset),
          };
        },
      },
    });
    const stream = await open(hub, ids[0]);
    await stream.live();
    expect(stream.frames.map(word)).toEqual(["cursor", "event 1", "gap", "event 4", "live"]);
    expect(stream.frames[2]).toMatchObject({
      id: ids[3],
      data: JSON.stringify({ reason: "corrupt", after: ids[1], through: ids[3] }),
    });
    await hub.close();
  });
});

describe("retention that goes on while a stream begins", () => {
  test("is told to one who began at the oldest and then read slowly", async () => {
    const hub = createHub({ log: memoryLog({ maxEvents: 10 }) });
    const text = "x".repeat(60_000);
    await publish(hub, "a", ...Array.from({ length: 10 }, (_, index) => `${index + 1} ${text}`));
    const stream = await open(hub, undefined, "earliest");
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    for (let index = 11; index <= 400; index++) {
      await publish(hub, "a", `${index} ${text}`);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await stream.until((frames) => frames.some(({ data }) => data?.startsWith("400 ")));
    const numbers = new Set(
      stream.frames.flatMap(({ event, data }) => (event === "message" ? [Number(data?.split(" ")[0])] : [])),
    );
    const gap = JSON.parse(stream.frames.find(({ event }) => event === "tidings:gap")?.data ?? "{}") as Record<
      string,
      string
    >;
    const [after, through] = [Number(gap["after"]?.split("-")[1]), Number(gap["through"]?.split("-")[1])];
    const missing = Array.from({ length: 400 }, (_, index) => index + 1).filter((number) => !numbers.has(number));
    expect(missing).toEqual(Array.from({ length: through - after }, (_, index) => after + 1 + index));
    expect(hub.stats().gaps).toBe(1);
    await hub.close();
  });

  test("leaves one who asked for last:1 and comes back after a gap everything that is left, and quiet topics' values", async () => {
    const hub = createHub({ log: memoryLog({ maxEvents: 4 }) });
    const ids = await publish(hub, "a", "1", "2");
    await publish(hub, "quiet", "value");
    await publish(hub, "a", "4", "5", "6", "7");
    const options = { topics: ["a", "quiet"], from: "last:1" } as const;
    const stream = new Stream(await hub.fetch(request(ids[0]), options));
    await stream.live();
    expect(stream.frames.map(word)).toEqual([
      "cursor",
      "gap",
      "event value",
      "cursor",
      "event 4",
      "event 5",
      "event 6",
      "event 7",
      "live",
    ]);
    expect(stream.frames.map(({ id }) => id !== undefined)).toEqual([
      false,
      false,
      false,
      true,
      true,
      true,
      true,
      true,
      true,
    ]);
    await hub.close();
  });
});

describe("closing a hub", () => {
  test("waits for publishes that were called before, and delivers them", async () => {
    const log = memoryLog();
    const { promise, resolve } = Promise.withResolvers<void>();
    const hub = createHub({
      log: {
        ...bound(log),
        async append(drafts) {
          await promise;
          return log.append(drafts);
        },
      },
    });
    const stream = await open(hub);
    await stream.live();
    const published = hub.publish("a", { data: "last" });
    const closed = hub.close();
    resolve();
    await published;
    await closed;
    await stream.until(() => false);
    expect(stream.frames.map(({ data }) => data)).toEqual(['{"heartbeat":15000}', "", "last", undefined]);
  });

  test("delivers to those who are still replaying, too", async () => {
    const hub = createHub();
    const data = Array.from({ length: 60 }, (_, index) => `${index} ${"x".repeat(20_000)}`);
    await publish(hub, "a", ...data);
    const stream = await open(hub, undefined, "earliest");
    const closed = hub.close();
    await stream.until(() => false);
    await closed;
    expect(
      stream.frames.flatMap(({ event, data: each }) => (event === "message" && each !== undefined ? [each] : [])),
    ).toEqual(data);
  });

  test("is over by the drain time, whatever the log and the clients do", async () => {
    const never = new Promise<never>(() => {});
    const log: Log = { ...bound(memoryLog()), close: () => never };
    const hub = createHub({ log });
    await open(hub);
    await Promise.all([hub.close({ drain: 200 }), hub.close({ drain: 200 })]);
    await expect(createHub().close({ drain: "soon" })).rejects.toMatchObject({ code: "bad-option" });
  });
});

describe("bounds", () => {
  test("count the names of topics: an event without data is not free", async () => {
    const log = memoryLog({ maxBytes: 1_000_000 });
    const topics = Array.from({ length: 64 }, (_, index) => `${index}`.padEnd(1_000, "x"));
    for (let index = 0; index < 30; index++) await log.append([{ ...draft(""), topics }]);
    const { head, evictedThrough } = await log.ends();
    expect(head.offset - evictedThrough.offset).toBeLessThan(10);
  });

  test("hold for the topics of a subscription", async () => {
    const hub = createHub({ maxTopics: 3 });
    const response = await hub.fetch(request(), { topics: ["a", "b", "a", "c/*"] });
    expect(response.status).toBe(200);
    await response.body?.cancel();
    await expect(hub.fetch(request(), { topics: ["a", "b", "c/*", "d"] })).rejects.toMatchObject({
      code: "too-many-topics",
    });
    // Counted before they are looked at one by one: that takes long, if there are very many.
    await expect(hub.fetch(request(), { topics: ["a", "b", "c/*", "a*b"] })).rejects.toMatchObject({
      code: "too-many-topics",
    });
    await hub.close();
  });
});

/** The log's methods as an object, to put others in their place. */
function bound(log: Log): Log {
  return {
    durability: log.durability,
    atomicBatches: log.atomicBatches,
    ready: true,
    append: (drafts) => log.append(drafts),
    read: (after, filter, limit) => log.read(after, filter, limit),
    latest: (filter, n, through) => log.latest(filter, n, through),
    follow: (after, signal) => log.follow(after, signal),
    ends: () => log.ends(),
    close: () => log.close(),
  };
}
