import { describe, expect, onTestFinished, test } from "vitest";

import { once } from "node:events";
import { connect, type Socket } from "node:net";

import { leanConnections } from "../../src/node/index.ts";
import { createHub, memoryLog, type Hub } from "../../src/node/entry.ts";
import { FrameReader, isPublished, type Frame } from "../frames.ts";
import { get } from "../http/connection.ts";
import { listen } from "../http/node-server.ts";
import { seeded } from "../simulation.ts";
import { openNamed } from "./named-stream.ts";

const TOPICS = ["a", "b", "c/d", "c/e", "f"];
const NAMES = [...TOPICS, "c/*", "**", "*"];
const STREAMS = 10;

/** A stream that is read when the test says so. */
interface Reader {
  readonly frames: readonly Frame[];
  readonly name: string;
  /** Reads some more. */
  more(): Promise<boolean>;
}

/** One over a socket: what is not read stays with the system, until the hub sees that it is enough. */
class SocketReader implements Reader {
  readonly frames: Frame[] = [];
  readonly #socket: Socket;
  readonly #reader = new FrameReader();
  #isBody = false;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  get name(): string {
    return (JSON.parse(this.frames[0]?.data ?? "{}") as { stream?: string }).stream ?? "";
  }

  async more(): Promise<boolean> {
    let bytes = this.#socket.read() as Buffer | null;
    while (bytes === null) {
      await once(this.#socket, "readable");
      bytes = this.#socket.read() as Buffer | null;
    }
    // The head comes by itself.
    const body = this.#isBody ? 0 : bytes.indexOf("\r\n\r\n") + 4;
    this.#isBody = true;
    this.frames.push(...this.#reader.read(bytes.subarray(body)));
    return true;
  }
}

/** Of an event's data: over sockets so much that the system does not swallow it all. */
const SIZES = [10, 100, 5_000, 20_000];
const LARGE = [10, 20_000, 60_000];

const WAYS: readonly {
  way: string;
  count: number;
  sizes: readonly number[];
  prepare: (hub: Hub) => Promise<() => Promise<Reader>>;
}[] = [
  { way: "by fetch", count: 1_000, sizes: SIZES, prepare: async (hub) => () => openNamed(hub) },
  {
    way: "over lean sockets",
    count: 200,
    sizes: LARGE,
    async prepare(hub) {
      const options = { topics: ["a"], changes: true };
      const { port } = await listen((req, res) => void hub.serve(req, res, options), {}, leanConnections);
      return async () => {
        const socket = connect(port, "127.0.0.1");
        onTestFinished(() => void socket.destroy());
        socket.write(get("/?client=tidings/0.1.0"));
        const reader = new SocketReader(socket);
        while (reader.frames.length === 0) await reader.more();
        return reader;
      };
    },
  },
];

/** Whether a name asks for a topic: by itself, and not by the hub's own code. */
function asks(name: string, topic: string): boolean {
  if (name === "**" || name === topic) return true;
  return name === "*" ? !topic.includes("/") : name === "c/*" && topic.startsWith("c/");
}

/** For each name the ranges of offsets in which it was asked for. */
class Oracle {
  readonly #ranges = new Map<string, { readonly after: number; through: number }[]>();

  constructor(topics: readonly string[]) {
    for (const topic of topics) this.#begin(topic, 0);
  }

  /** Whether a change of names is one. */
  alters(add: readonly string[], remove: readonly string[]): boolean {
    const isAsked = (name: string): boolean => this.#open(name) !== undefined;
    return remove.some(isAsked) || !add.every(isAsked);
  }

  change(offset: number, add: readonly string[], remove: readonly string[]): void {
    for (const name of add) this.#begin(name, offset);
    for (const name of remove) {
      const open = this.#open(name);
      if (open !== undefined) open.through = offset;
    }
  }

  isDue(offset: number, topics: readonly string[]): boolean {
    for (const [name, ranges] of this.#ranges) {
      if (!topics.some((topic) => asks(name, topic))) continue;
      if (ranges.some(({ after, through }) => after < offset && offset <= through)) return true;
    }
    return false;
  }

  #begin(name: string, after: number): void {
    if (this.#open(name) !== undefined) return;
    const ranges = this.#ranges.get(name) ?? [];
    ranges.push({ after, through: Infinity });
    this.#ranges.set(name, ranges);
  }

  #open(name: string): { through: number } | undefined {
    return this.#ranges.get(name)?.find(({ through }) => through === Infinity);
  }
}

/** Who hardly ever reads may have too many changes before it. */
function limited(error: unknown): undefined {
  expect(error).toMatchObject({ code: "rate-limited" });
}

interface Published {
  readonly offset: number;
  readonly topics: readonly string[];
}

interface Changed {
  readonly number: number;
  readonly offset: number;
  readonly add: readonly string[];
  readonly remove: readonly string[];
}

function offsetOf(cursor: string | undefined): number {
  return Number(cursor?.split("-")[1]);
}

/** Events and changes, in no order, while some read at once and some hardly ever. */
async function run(
  hub: Hub,
  seed: number,
  { count, sizes }: { readonly count: number; readonly sizes: readonly number[] },
  open: () => Promise<Reader>,
): Promise<void> {
  const random = seeded(seed);
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;
  const published: Published[] = [];
  const streams: Reader[] = [];
  const changed: Changed[][] = [];
  const pending: Promise<unknown>[] = [];
  const reading = new Set<Reader>();
  for (let n = 0; n < STREAMS; n++) {
    streams.push(await open());
    changed.push([]);
  }
  const read = (stream: Reader): void => {
    if (reading.has(stream)) return;
    reading.add(stream);
    void stream.more().then(() => reading.delete(stream));
  };
  const publish = async (): Promise<void> => {
    const topics = [...new Set([pick(TOPICS), pick(TOPICS)])];
    const { id } = await hub.publish(topics, { data: "x".repeat(pick(sizes)) });
    published.push({ offset: offsetOf(id), topics });
  };
  let refused = 0;
  const change = async (n: number, number: number): Promise<void> => {
    const names = [...new Set([pick(NAMES), pick(NAMES), pick(NAMES)])];
    const add = names.filter(() => random() < 0.5);
    const remove = names.filter((name) => !add.includes(name));
    const id = await hub.change(streams[n]?.name ?? "", { add, remove }).then((answer) => answer.id, limited);
    if (id === undefined) refused++;
    else changed[n]?.push({ number, offset: offsetOf(id), add, remove });
  };
  let buffered = 0;
  const look = (): void => void (buffered = Math.max(buffered, hub.stats().bufferedBytes));
  for (let made = 0; made < count;) {
    const what = random();
    if (what < 0.5) pending.push(publish());
    else if (what < 0.7) pending.push(change(Math.floor(random() * STREAMS), made++));
    // The first ones hardly ever read.
    else for (const [n, stream] of streams.entries()) if (random() < (n < STREAMS / 2 ? 0.02 : 0.7)) read(stream);
    look();
    if (random() < 0.2) await new Promise((resolve) => setImmediate(resolve));
  }
  await Promise.all(pending);
  const { id: last } = await hub.publish("last", { data: "last" });
  const follow = async (stream: Reader): Promise<void> => {
    while ((await hub.change(stream.name, { add: ["last"] }).catch(limited)) === undefined) {
      read(stream);
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  await Promise.all(streams.map(follow));
  const { id: end } = await hub.publish("last", { data: "end" });
  published.sort((one, other) => one.offset - other.offset);
  const readOn = async (stream: Reader): Promise<void> => {
    while (stream.frames.at(-1)?.id !== end) {
      look();
      if (reading.has(stream)) await new Promise((resolve) => setImmediate(resolve));
      else await stream.more();
    }
  };
  await Promise.all(streams.map(readOn));
  for (const [n, stream] of streams.entries()) {
    const changes = (changed[n] ?? []).toSorted((one, other) => one.number - other.number);
    const oracle = new Oracle(["a"]);
    const altering = changes.filter(({ offset, add, remove }) => {
      const alters = oracle.alters(add, remove);
      oracle.change(offset, add, remove);
      return alters;
    });
    const due = published.filter(({ offset, topics }) => oracle.isDue(offset, topics)).map(({ offset }) => offset);
    const came = stream.frames.filter(isPublished).map(({ id }) => offsetOf(id));
    const mine = came.filter((offset) => offset < offsetOf(last));
    expect(mine, `stream ${n} of seed ${seed}`).toEqual(due);
    // The calls of one stream take effect in their order, and the client is told of each that changes something.
    expect(changes.map(({ offset }) => offset)).toEqual(changes.map(({ offset }) => offset).toSorted((a, b) => a - b));
    const told = new Set(stream.frames.map(({ id }) => offsetOf(id)));
    for (const { offset } of altering) expect(told.has(offset)).toBe(true);
    const positions = stream.frames.flatMap(({ id }) => (id === undefined ? [] : [offsetOf(id)]));
    expect(positions).toEqual(positions.toSorted((one, other) => one - other));
  }
  // Some had fallen behind.
  expect(buffered).toBeGreaterThan(65_536);
  expect(hub.stats()).toMatchObject({ gaps: 0, resets: 0, changes: count - refused + STREAMS });
}

describe("changes at random, while events flow and half of the readers are slow", () => {
  test.for(WAYS)("bring exactly what was asked for, for each topic and at each offset, $count $way", async (way) => {
    // So much retention that nothing is confessed; a tail that is smaller than what the slow ones miss.
    const hub = createHub({ log: memoryLog({ maxBytes: 512 * 1024 * 1024 }), stall: "10m" });
    onTestFinished(() => hub.close({ drain: 0 }));
    const seed = Number(process.env["SEED"] ?? Math.floor(Math.random() * 2 ** 31));
    await run(hub, seed, way, await way.prepare(hub));
  });
});
