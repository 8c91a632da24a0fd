import { describe, expect, test } from "vitest";
import { createHub, memoryLog, type Hub } from "../../src/index.ts";
import { topicFilter } from "../../src/hub/topic-filter.ts";
import { FrameReader, isPublished, type Frame } from "../frames.ts";
import { seeded, SimulatedRuntime } from "../simulation.ts";
import { request } from "../stream.ts";

const RUNS = 3_000;
const STEPS = 60;
const SUBSCRIPTIONS = [["a"], ["b"], ["a", "b"], ["a", "*"], ["**"], ["c/*", "b"], ["quiet"]];
const TOPICS = ["a", "b", "c/d", ["a", "b"], ["a", "c/d"]];

interface Fact {
  readonly topics: readonly string[];
  readonly data: string;
}

/** What happened, to compare with what was received. */
interface World {
  readonly hub: Hub;
  /** Every event, the one with offset 1 first. */
  readonly facts: Fact[];
  readonly runtime: SimulatedRuntime;
  readonly random: () => number;
  evicted(): number;
}

function offsetOf(cursor: string): number {
  return Number(cursor.split("-")[1]);
}

/** A client with EventSource's memory, that reads when it is told to and checks every frame that it gets. */
class Client {
  readonly #world: World;
  readonly #topics: string[];
  readonly #filter: ReturnType<typeof topicFilter>;
  readonly #earliest: boolean;
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  #frames = new FrameReader();
  #reading = false;
  #lastEventId: string | undefined;
  /** Everything that this client is entitled to up to this offset was received or confessed. */
  at: number | undefined;
  gaps = 0;
  received = 0;

  constructor(world: World, topics: string[], earliest: boolean) {
    this.#world = world;
    this.#topics = topics;
    this.#filter = topicFilter(topics);
    this.#earliest = earliest;
  }

  async connect(): Promise<void> {
    const { hub } = this.#world;
    const from = this.#earliest ? "earliest" : "now";
    const response = await hub.fetch(request(this.#lastEventId), { topics: this.#topics, from });
    this.#frames = new FrameReader();
    this.#reader = response.body?.getReader();
  }

  /** Reads a chunk, when there is one. */
  read(): void {
    const reader = this.#reader;
    if (reader === undefined || this.#reading) return;
    this.#reading = true;
    void reader.read().then(({ value }) => {
      this.#reading = false;
      if (reader !== this.#reader || value === undefined) return;
      for (const frame of this.#frames.read(value)) this.#take(frame);
    });
  }

  leave(): void {
    void this.#reader?.cancel();
    this.#reader = undefined;
    this.#reading = false;
  }

  get connected(): boolean {
    return this.#reader !== undefined;
  }

  #take(frame: Frame): void {
    const { facts } = this.#world;
    if (frame.id !== undefined) this.#lastEventId = frame.id;
    if (frame.event === "tidings:reset") throw new Error("A reset without a reason");
    if (frame.event === "tidings:gap") {
      const { after, through } = JSON.parse(frame.data ?? "") as { after: string; through: string };
      expect(offsetOf(after), "a gap begins where the client is").toBe(this.at);
      expect(offsetOf(through), "a gap says what is gone, and no more").toBeLessThanOrEqual(this.#world.evicted());
      expect(frame.id).toBe(through);
      this.at = offsetOf(through);
      this.gaps++;
      return;
    }
    if (frame.id === undefined) {
      expect([frame.event, frame.data], "a frame without an id opens a stream that confesses").toEqual([
        "tidings:cursor",
        '{"heartbeat":15000}',
      ]);
      return;
    }
    const offset = offsetOf(frame.id);
    this.at ??= offset;
    const skipped = facts
      .slice(this.at, isPublished(frame) ? offset - 1 : offset)
      .filter(({ topics }) => this.#filter.matches(topics));
    expect(skipped, `lost before ${frame.id}`).toEqual([]);
    expect(offset, "offsets never go back").toBeGreaterThanOrEqual(this.at);
    if (isPublished(frame)) {
      expect(offset, "an event comes once").toBeGreaterThan(this.at);
      const fact = facts[offset - 1];
      expect([frame.data, frame.topics]).toEqual([fact?.data, fact?.topics]);
      expect(this.#filter.matches(frame.topics)).toBe(true);
      this.received++;
    }
    this.at = offset;
  }
}

async function run(seed: number): Promise<{ gaps: number; received: number }> {
  const random = seeded(seed);
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;
  const runtime = new SimulatedRuntime(random);
  const log = memoryLog({ maxEvents: pick([3, 10, 1_000]), runtime });
  const hub = createHub({ log, runtime });
  let evicted = 0;
  const world: World = { hub, facts: [], runtime, random, evicted: () => evicted };
  const clients = Array.from({ length: 3 }, () => new Client(world, pick(SUBSCRIPTIONS), random() < 0.5));
  const publish = async (): Promise<void> => {
    const batch = Array.from({ length: pick([1, 1, 2, 5]) }, (_, index) => ({
      topic: pick(TOPICS),
      data: `${world.facts.length + index + 1} ${"x".repeat(pick([0, 10, 30_000]))}`,
    }));
    for (const { topic, data } of batch) world.facts.push({ topics: [topic].flat(), data });
    await hub.publishBatch(batch);
    evicted = (await log.ends()).evictedThrough.offset;
  };
  for (let step = 0; step < STEPS; step++) {
    const client = pick(clients);
    const chance = random();
    if (chance < 0.25) await publish();
    else if (chance < 0.55) runtime.turn();
    else if (chance < 0.85) client.read();
    else if (chance < 0.88) runtime.ring();
    else if (client.connected) client.leave();
    else await client.connect();
    await runtime.settle(Math.floor(random() * 12));
  }
  // Everything has happened; everyone comes back, and must be told of all of it.
  const done = (): boolean => clients.every(({ at }) => at === world.facts.length);
  for (const client of clients) if (!client.connected) await client.connect();
  for (let round = 0; round < 3_000 && !done(); round++) {
    for (const client of clients) client.read();
    if (!runtime.turn() && round % 10 === 0) runtime.ring();
    await runtime.settle(12);
  }
  expect(
    clients.map(({ at }) => at),
    "all are at the head",
  ).toEqual(clients.map(() => world.facts.length));
  for (const client of clients) client.leave();
  await runtime.settle(20);
  expect(hub.stats()).toMatchObject({ subscribers: 0, topics: 0 });
  return {
    gaps: clients.reduce((sum, { gaps }) => sum + gaps, 0),
    received: clients.reduce((sum, { received }) => sum + received, 0),
  };
}

describe("subscribing while publishing", () => {
  test(`loses, repeats and reorders nothing under ${RUNS} random schedules`, { timeout: 120_000 }, async () => {
    const total = { gaps: 0, received: 0 };
    const first = Number(process.env["SEED"] ?? Math.floor(Math.random() * 2 ** 31));
    const runs = process.env["SEED"] === undefined ? RUNS : 1;
    for (let seed = first; seed < first + runs; seed++) {
      try {
        const { gaps, received } = await run(seed);
        total.gaps += gaps;
        total.received += received;
      } catch (cause) {
        throw new Error(`SEED=${seed} fails`, { cause });
      }
    }
    // The schedules reach what they are for: events in number, and retention passing by those who were away.
    if (runs > 1) {
      expect(total.received).toBeGreaterThan(10 * RUNS);
      expect(total.gaps).toBeGreaterThan(RUNS / 10);
    }
  });
});
