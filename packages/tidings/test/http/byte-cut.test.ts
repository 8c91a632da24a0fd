import { describe, expect, onTestFinished, test } from "vitest";

import { systemRuntime, type Runtime } from "../../src/hub/runtime.ts";
import { createHub, memoryLog, type Hub, type MemoryLogOptions, type StreamOptions } from "../../src/index.ts";
import { isPublished, type Frame } from "../frames.ts";
import { seeded } from "../simulation.ts";
import { CutReader, NativeClient } from "./native-client.ts";
import { dial, get, type Connection } from "./connection.ts";
import { listen } from "./node-server.ts";

/** Data that is hard to cut well: several lines, none, multi-byte characters, text that looks like fields. */
const DATA = ["1 one", "2 \nid: x\n\nevent: y", "3 grüße 😀", "4 ", "5 \n\n", "6 six"];

/** A hub that writes the same bytes at every run, and whose timers come when they are told to. */
class World {
  readonly hub: Hub;
  #timers: (() => void)[] = [];

  constructor(log: MemoryLogOptions = {}) {
    const runtime: Runtime = {
      ...systemRuntime(),
      random: seeded(7),
      after: (_, task) => {
        this.#timers.push(task);
        return () => void (this.#timers = this.#timers.filter((each) => each !== task));
      },
    };
    this.hub = createHub({ log: memoryLog({ ...log, runtime: { ...runtime, random: seeded(11) } }), runtime });
  }

  async publish(data: readonly string[], topic = "a"): Promise<string[]> {
    return (await this.hub.publishBatch(data.map((each) => ({ topic, event: "update", data: each })))).map(
      ({ id }) => id,
    );
  }

  /** Runs what waits for its time: a sweep of heartbeats. Two write one to those who were written nothing between. */
  ring(): void {
    const timers = this.#timers;
    this.#timers = [];
    for (const task of timers) task();
  }

  async connect(client: NativeClient, options: Partial<StreamOptions> = {}): Promise<CutReader> {
    const request = new Request("http://hub.test/events", { headers: client.headers });
    return new CutReader(await this.hub.fetch(request, { topics: ["a"], ...options }));
  }

  /** Connects a client and hears all there is up to live, and then up to the last of what `more` publishes. */
  async whole(
    client: NativeClient,
    options: Partial<StreamOptions> = {},
    more?: () => Promise<string[]>,
  ): Promise<Frame[]> {
    const reader = await this.connect(client, options);
    await reader.until(isLive);
    const last = (await more?.())?.at(-1);
    if (last !== undefined) await reader.until((frames) => frames.at(-1)?.id === last);
    return client.hear(await reader.cut(reader.bytes.length));
  }
}

function isLive(frames: readonly Frame[]): boolean {
  return frames.some(({ event }) => event === "tidings:live");
}

/** The bytes of a stream up to live, and of its first frame. */
async function measure(
  world: World,
  client: NativeClient,
  options: Partial<StreamOptions>,
): Promise<{ all: number; first: number }> {
  const reader = await world.connect(client, options);
  await reader.until(isLive);
  const bytes = Buffer.from(await reader.cut(reader.bytes.length));
  await world.hub.close({ drain: 0 });
  return { all: bytes.length, first: bytes.indexOf("\n\n") + 2 };
}

function range(start: number, end: number): number[] {
  return Array.from({ length: end - start + 1 }, (_, n) => start + n);
}

function named(frames: readonly Frame[], event: string): Frame[] {
  return frames.filter((frame) => frame.event === event);
}

describe("a stream that is cut at every byte and resumed as a browser resumes it loses and repeats nothing", () => {
  test("with from=earliest, from its first byte on", async () => {
    const options = { from: "earliest" } as const;
    async function begin(): Promise<World> {
      const world = new World();
      await world.publish(DATA);
      return world;
    }
    const { all } = await measure(await begin(), new NativeClient(), options);
    for (const cut of range(0, all)) {
      const world = await begin();
      const client = new NativeClient();
      const reader = await world.connect(client, options);
      client.hear(await reader.cut(cut));
      await world.publish(["7 while it was cut"]);
      await world.whole(client, options, () => world.publish(["8 live"]));
      expect(client.data, `cut after ${cut} bytes`).toEqual([...DATA, "7 while it was cut", "8 live"]);
      await world.hub.close({ drain: 0 });
    }
    expect(all).toBeGreaterThan(500);
  });

  test("with from=now, from the end of its opening frame on", async () => {
    const { all, first } = await measure(new World(), new NativeClient(), {});
    async function run(cut: number | undefined): Promise<number> {
      const world = new World();
      const client = new NativeClient();
      const reader = await world.connect(client);
      await reader.atLeast(all);
      await world.publish(DATA.slice(0, 3));
      await reader.until((frames) => frames.filter(isPublished).length === 3);
      await world.publish(DATA.slice(3));
      await reader.until((frames) => frames.filter(isPublished).length === 6);
      const { length } = reader.bytes;
      client.hear(await reader.cut(cut ?? length));
      await world.publish(["7 while it was cut"]);
      await world.whole(client, {}, () => world.publish(["8 live"]));
      expect(client.data, `cut after ${cut} bytes`).toEqual([...DATA, "7 while it was cut", "8 live"]);
      await world.hub.close({ drain: 0 });
      return length;
    }
    const length = await run(undefined);
    for (const cut of range(first, length)) await run(cut);
  });

  test("with heartbeats right before the events, on a log that is busy with other topics", async () => {
    const { all, first } = await measure(new World(), new NativeClient(), {});
    async function run(cut: number | undefined): Promise<{ length: number; ids: number }> {
      const world = new World();
      const client = new NativeClient();
      const reader = await world.connect(client);
      await reader.atLeast(all);
      for (const data of DATA.slice(0, 2)) {
        await world.publish(["noise", "noise"], "b");
        world.ring();
        await new Promise((resolve) => setImmediate(resolve));
        const published = world.publish([data]);
        // In the log and in the tail, and not written yet: that is the next turn's work.
        for (let step = 0; step < 20; step++) await Promise.resolve();
        world.ring();
        await published;
        await reader.until((frames) => frames.some((frame) => frame.data === data));
      }
      const { length } = reader.bytes;
      client.hear(await reader.cut(cut ?? length));
      await world.publish(["noise"], "b");
      await world.publish(["3"]);
      await world.whole(client, {}, () => world.publish(["4"]));
      expect(client.data, `cut after ${cut} bytes`).toEqual([...DATA.slice(0, 2), "3", "4"]);
      await world.hub.close({ drain: 0 });
      return { length, ids: client.connections[0]?.filter(({ event }) => event === "tidings:cursor").length ?? 0 };
    }
    const { length, ids } = await run(undefined);
    expect(ids).toBe(3);
    for (const cut of range(first, length)) await run(cut);
  });

  test("again and again", async () => {
    for (const seed of range(1, 30)) {
      const random = seeded(seed);
      const world = new World();
      const client = new NativeClient();
      const published: string[] = [];
      const options = { from: "earliest" } as const;
      while (published.length < 60) {
        const more = range(1, 1 + Math.floor(random() * 4)).map((n) => `${published.length + n} ${DATA[n]}`);
        await world.publish(more);
        published.push(...more);
        const reader = await world.connect(client, options);
        await reader.until(isLive);
        client.hear(await reader.cut(Math.floor(random() * (reader.bytes.length + 1))));
      }
      await world.whole(client, options);
      expect(client.data, `seed ${seed}`).toEqual(published);
      await world.hub.close({ drain: 0 });
    }
  });
});

describe("a stream that is cut at every byte inside a snapshot, and until it is live", () => {
  /** A snapshot of how many events there are, in three parts; while it runs, two more are published. */
  function counted(world: World): {
    options: Partial<StreamOptions>;
    total: () => number;
    count: () => Promise<string[]>;
  } {
    let total = 0;
    const count = (): Promise<string[]> => world.publish([String(++total)]);
    const snapshot = async function* () {
      const state = total;
      for (const part of ["begin", "middle: grüße\nid: x\n\n", "end"]) {
        yield { event: "state", data: `${state} ${part}` };
        if (part !== "end") await count();
      }
    };
    return { options: { snapshot }, total: () => total, count };
  }

  /** Whether the frames have one whole snapshot, and after it every event since, once and in order. */
  function expectWhole(frames: readonly Frame[], through: number, message: string): void {
    const states = named(frames, "state");
    expect(states, message).toHaveLength(3);
    const since = Number(states[0]?.data?.split(" ")[0]);
    expect(
      states.map(({ data }) => data),
      message,
    ).toEqual([`${since} begin`, `${since} middle: grüße\nid: x\n\n`, `${since} end`]);
    expect(frames.indexOf(states[2] as Frame), message).toBeLessThan(
      frames.findIndex(({ event }) => event === "update"),
    );
    expect(
      named(frames, "update").map(({ data }) => Number(data)),
      message,
    ).toEqual(range(since + 1, through));
  }

  async function runs(
    log: MemoryLogOptions,
    lastEventId: (world: World) => Promise<string>,
    notice?: string,
  ): Promise<void> {
    async function run(cut: number | undefined): Promise<number> {
      const world = new World(log);
      const { options, total, count } = counted(world);
      const old = await lastEventId(world);
      const client = new NativeClient(old);
      const reader = await world.connect(client, options);
      await reader.until(isLive);
      await count();
      const live = total();
      await reader.until((frames) => frames.at(-1)?.data === String(live));
      const { length } = reader.bytes;
      const before = client.hear(await reader.cut(cut ?? length));
      const message = `cut after ${cut} bytes`;
      await count();
      const wasWhole = client.lastEventId !== old;
      const frames = await world.whole(client, options, count);
      if (wasWhole) {
        expect(named(frames, "state"), message).toEqual([]);
        if (notice !== undefined) expect(client.count(notice), message).toBe(1);
        expectWhole([...before, ...frames], total(), message);
      } else {
        expect(
          before.filter(({ event }) => event === "update"),
          message,
        ).toEqual([]);
        if (notice !== undefined) expect(named(frames, notice), message).toHaveLength(1);
        expectWhole(frames, total(), message);
      }
      await world.hub.close({ drain: 0 });
      return length;
    }
    const length = await run(undefined);
    for (const cut of range(0, length)) await run(cut);
  }

  test("gets a whole snapshot again, and then every event since", async () => {
    await runs({}, async () => "");
  });

  test("gets one after a reset, and hears the reset again as long as the snapshot was not whole", async () => {
    await runs({}, async () => "garbage", "tidings:reset");
  });

  test("gets one after a gap, and hears the gap again as long as the snapshot was not whole", async () => {
    await runs(
      { maxEvents: 5 },
      async (world) => {
        const [first = ""] = await world.publish(["first", "2", "3", "4", "5", "6", "7"], "b");
        return first;
      },
      "tidings:gap",
    );
  });

  test("gets the newest of each topic again with from=last:N, and then every event since", async () => {
    const options = { topics: ["a", "b"], from: "last:2" } as const;
    async function begin(): Promise<World> {
      const world = new World();
      await world.publish(["b1"], "b");
      await world.publish(["a1", "a2\nid: x\n\n", "a3 grüße"]);
      return world;
    }
    const { all } = await measure(await begin(), new NativeClient(), options);
    for (const cut of range(0, all)) {
      const world = await begin();
      const client = new NativeClient();
      const reader = await world.connect(client, options);
      await reader.until(isLive);
      const before = client.hear(await reader.cut(cut));
      const message = `cut after ${cut} bytes`;
      await world.publish(["a4"]);
      const resumes = client.lastEventId !== "";
      const frames = await world.whole(client, options, () => world.publish(["b2"], "b"));
      const latest = [...before, ...frames].filter(({ cursor }) => cursor !== undefined).map(({ data }) => data);
      const since = frames.filter((frame) => isPublished(frame) && frame.id !== undefined).map(({ data }) => data);
      if (resumes) {
        expect(latest, message).toEqual(["b1", "a2\nid: x\n\n", "a3 grüße"]);
        expect(since, message).toEqual(["a4", "b2"]);
      } else {
        expect(latest.slice(-3), message).toEqual(["b1", "a3 grüße", "a4"]);
        expect(since, message).toEqual(["b2"]);
      }
      await world.hub.close({ drain: 0 });
    }
  });
});

describe("a stream that is cut at every byte around a notice", () => {
  interface Notice {
    readonly what: string;
    readonly event: string;
    readonly begin: () => Promise<{ world: World; lastEventId: string }>;
  }

  const NOTICES: readonly Notice[] = [
    {
      what: "a gap",
      event: "tidings:gap",
      async begin() {
        const world = new World({ maxEvents: 4 });
        const [first = ""] = await world.publish(["gone", "gone", "gone", "gone", ...DATA.slice(0, 4)]);
        return { world, lastEventId: first };
      },
    },
    {
      what: "a gap of other topics' events",
      event: "tidings:gap",
      async begin() {
        const world = new World({ maxEvents: 4 });
        const [first = ""] = await world.publish(["gone", "gone", "gone"], "b");
        await world.publish(DATA.slice(0, 4));
        return { world, lastEventId: first };
      },
    },
    {
      what: "a reset for garbage",
      event: "tidings:reset",
      async begin() {
        const world = new World();
        await world.publish(DATA.slice(0, 4));
        return { world, lastEventId: "garbage" };
      },
    },
    {
      what: "a reset for an id that is ahead, on a log that has evicted",
      event: "tidings:reset",
      async begin() {
        const world = new World({ maxEvents: 4 });
        const [id = ""] = await world.publish(["gone", "gone", ...DATA.slice(0, 4)]);
        return { world, lastEventId: id.replace("-1-", "-99-") };
      },
    },
  ];

  test.for(NOTICES)(
    "hears $what once it is whole, does not hear it again, and misses no event",
    async ({ event, begin }) => {
      const uncut = await begin();
      const { all } = await measure(uncut.world, new NativeClient(uncut.lastEventId), {});
      for (const cut of range(0, all)) {
        const { world, lastEventId } = await begin();
        const client = new NativeClient(lastEventId);
        const reader = await world.connect(client);
        client.hear(await reader.cut(cut));
        await world.whole(client);
        const message = `cut after ${cut} bytes`;
        expect(client.count(event), message).toBe(1);
        expect(client.data, message).toEqual(DATA.slice(0, 4));
        await world.whole(client, {}, () => world.publish(["next"]));
        expect(client.count(event), message).toBe(1);
        expect(client.data, message).toEqual([...DATA.slice(0, 4), "next"]);
        await world.hub.close({ drain: 0 });
      }
    },
  );

  test("gets every event, or a gap that names it, while retention goes on", async () => {
    async function begin(): Promise<{ world: World; client: NativeClient }> {
      const world = new World({ maxEvents: 4 });
      const ids = await world.publish(range(1, 8).map(String));
      return { world, client: new NativeClient(ids[1] ?? "") };
    }
    const uncut = await begin();
    const { all } = await measure(uncut.world, uncut.client, {});
    for (const cut of range(0, all)) {
      const { world, client } = await begin();
      const reader = await world.connect(client);
      client.hear(await reader.cut(cut));
      await world.publish(["9", "10", "11"]);
      await world.whole(client, {}, () => world.publish(["12"]));
      const message = `cut after ${cut} bytes`;
      let through = 2;
      for (const frame of client.connections.flat()) {
        if (frame.event === "tidings:gap") {
          const { after, through: end } = JSON.parse(frame.data ?? "") as Record<"after" | "through", string>;
          expect(offsetOf(after), message).toBe(through);
          expect(offsetOf(end), message).toBeGreaterThan(through);
          through = offsetOf(end);
        } else if (frame.event === "update") {
          expect(Number(frame.data), message).toBe(++through);
        }
      }
      expect(through, message).toBe(12);
      await world.hub.close({ drain: 0 });
    }
  });
});

function offsetOf(cursor: string): number {
  return Number(cursor.split("-")[1]);
}

describe("over real sockets, a connection that is cut", () => {
  async function begin(): Promise<{ world: World; open: (client: NativeClient) => Promise<Connection> }> {
    const world = new World();
    onTestFinished(() => world.hub.close({ drain: 0 }));
    await world.publish(DATA);
    const { port } = await listen((req, res) => void world.hub.serve(req, res, { topics: ["a"] }));
    return { world, open: (client) => dial(port, get("/events?from=earliest", client.headers)) };
  }

  test("at every byte of the head and many of the stream, with FIN or with RST, loses and repeats nothing", async () => {
    const { open } = await begin();
    const uncut = await (await open(new NativeClient())).until(({ frames }) => isLive(frames));
    const headLength = uncut.received.indexOf("\r\n\r\n") + 4;
    const all = uncut.received.length;
    uncut.socket.destroy();
    const cuts = range(0, all).filter((cut) => cut <= headLength + 10 || cut % 5 === 0 || cut > all - 10);
    for (const cut of cuts) {
      const client = new NativeClient();
      const first = await open(client);
      await first.until(({ received }) => received.length >= cut);
      if (cut % 2 === 0) first.socket.destroy();
      else first.socket.resetAndDestroy();
      client.hear(first.received.subarray(headLength, Math.max(cut, headLength)));
      const second = await open(client);
      await second.until(({ frames }) => isLive(frames));
      second.socket.destroy();
      client.hear(second.received.subarray(headLength));
      expect(client.data, `cut after ${cut} bytes`).toEqual(DATA);
    }
    expect(cuts.length).toBeGreaterThan(headLength + 60);
  });

  test("while events come live loses and repeats nothing", async () => {
    const { world, open } = await begin();
    const random = seeded(3);
    const client = new NativeClient();
    const published = [...DATA];
    for (let n = 0; n < 100; n++) {
      const connection = await open(client);
      const start = (): number => connection.received.indexOf("\r\n\r\n") + 4;
      await connection.until(({ frames }) => isLive(frames));
      const data = `${published.length + 1} live\n${"x".repeat(Math.floor(random() * 40))}`;
      published.push(data);
      const before = connection.received.length;
      await world.publish([data]);
      await connection.until(({ received }) => received.length > before);
      // Somewhere inside what is live, or right before it.
      const cut = before + Math.floor(random() * (connection.received.length - before + 1));
      connection.socket.destroy();
      client.hear(connection.received.subarray(start(), cut));
    }
    const last = await (await open(client)).until(({ frames }) => isLive(frames));
    client.hear(last.received.subarray(last.received.indexOf("\r\n\r\n") + 4));
    expect(client.data).toEqual(published);
  });
});
