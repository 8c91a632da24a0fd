import { describe, expect, test } from "vitest";
import { createHub, memoryLog, type Hub } from "../../src/index.ts";
import { topicFilter } from "../../src/hub/topic-filter.ts";
import { FrameReader, isPublished, type Frame } from "../frames.ts";
import { seeded, SimulatedRuntime } from "../simulation.ts";
import { request } from "../stream.ts";
import { UnrulyLog, type Unruliness } from "../unruly-log.ts";

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
  /** What was wrong with a frame. */
  failure: Error | undefined;

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
      if (reader !== this.#reader) return;
      this.#reading = false;
      if (value === undefined) {
        this.#reader = undefined;
        return;
      }
      try {
        for (const frame of this.#frames.read(value)) this.#take(frame);
      } catch (error) {
        this.failure ??= error as Error;
      }
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
      expect(this.#wanted(offsetOf(after)), "a gap begins where nothing was missed yet").toEqual([]);
      expect(offsetOf(through), "a gap says what is gone, and no more").toBeLessThanOrEqual(this.#world.evicted());
      expect(frame.id).toBe(through);
      this.at = offsetOf(through);
      this.gaps++;
      return;
    }
    if (frame.event === "message" && frame.data === undefined) return; // a retry before the end
    if (frame.id === undefined) {
      // A stream that confesses opens without an id, and one whose log does not answer is kept alive without one.
      expect(frame.event).toBe("tidings:cursor");
      return;
    }
    const offset = offsetOf(frame.id);
    this.at ??= offset;
    expect(this.#wanted(isPublished(frame) ? offset - 1 : offset), `lost before ${frame.id}`).toEqual([]);
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

  /** What this client is entitled to between where it is and an offset. */
  #wanted(through: number): Fact[] {
    return this.#world.facts.slice(this.at, through).filter(({ topics }) => this.#filter.matches(topics));
  }
}

const LOGS: readonly Omit<Unruliness, "random">[] = [
  { failing: 0, skipping: 0 },
  { failing: 0.08, skipping: 0 },
  { failing: 0.05, skipping: 0.2 },
];

async function run(seed: number): Promise<{ gaps: number; received: number }> {
  const random = seeded(seed);
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;
  const runtime = new SimulatedRuntime(random);
  const maxEvents = pick([3, 10, 1_000]);
  const memory = memoryLog({ maxEvents, runtime });
  const facts: Fact[] = [];
  // Half of the runs are on the memory log itself, which is always there.
  const unruly =
    random() < 0.5
      ? undefined
      : new UnrulyLog(memory, { random, ...pick(LOGS) }, (drafts, answers) => {
          for (const [index, { topics, data }] of drafts.entries()) {
            facts[(answers[index]?.position.offset ?? 0) - 1] = { topics, data };
          }
        });
  const hub = createHub({ log: unruly ?? memory, runtime });
  let published = 0;
  const world: World = { hub, facts, runtime, random, evicted: () => facts.length - maxEvents };
  const clients = Array.from({ length: 3 }, () => new Client(world, pick(SUBSCRIPTIONS), random() < 0.5));
  const look = (): void => {
    for (const { failure } of clients) if (failure !== undefined) throw failure;
  };
  const publish = (): void => {
    const batch = Array.from({ length: pick([1, 1, 2, 5]) }, () => ({
      topic: pick(TOPICS),
      data: `${++published} ${"x".repeat(pick([0, 10, 30_000]))}`,
    }));
    if (unruly === undefined) for (const { topic, data } of batch) facts.push({ topics: [topic].flat(), data });
    void hub.publishBatch(batch);
  };
  for (let step = 0; step < STEPS; step++) {
    const client = pick(clients);
    const chance = random();
    if (chance < 0.2) publish();
    else if (chance < 0.4) runtime.turn();
    else if (chance < 0.55) unruly?.turn();
    else if (chance < 0.85) client.read();
    else if (chance < 0.88) runtime.ring();
    else if (client.connected) client.leave();
    else await client.connect();
    await runtime.settle(Math.floor(random() * 12));
    look();
  }
  // Everything has happened; the log is well again, everyone comes back, and must be told of all of it.
  if (unruly !== undefined) unruly.calm = true;
  publish();
  const done = (): boolean => facts.length === published && clients.every(({ at }) => at === published);
  for (let round = 0; round < 3_000 && !done(); round++) {
    for (const client of clients) {
      if (!client.connected) await client.connect();
      client.read();
    }
    while (unruly?.turn()) await runtime.settle(3);
    if (!runtime.turn() && round % 10 === 0) runtime.ring();
    await runtime.settle(12);
    look();
  }
  expect(
    clients.map(({ at }) => at),
    "all are at the head",
  ).toEqual(clients.map(() => published));
  for (const client of clients) client.leave();
  await runtime.settle(20);
  expect(hub.stats()).toMatchObject({ subscribers: 0, topics: 0 });
  return {
    gaps: clients.reduce((sum, { gaps }) => sum + gaps, 0),
    received: clients.reduce((sum, { received }) => sum + received, 0),
  };
}

describe("subscribing while publishing", () => {
  test(`loses, repeats and reorders nothing under ${RUNS} random schedules`, { timeout: 240_000 }, async () => {
    const total = { gaps: 0, received: 0 };
    const first = Number(process.env["SEED"] ?? Math.floor(Math.random() * 2 ** 31));
    const runs = process.env["SEED"] === undefined ? RUNS : 1;
    for (let seed = first; seed < first + runs; seed++) {
      try {
        const { gaps, received } = await run(seed);
        total.gaps += gaps;
        total.received += received;
      } catch (cause) {
        throw new Error(`SEED=${seed} fails: ${String(cause)}`, { cause });
      }
    }
    // The schedules reach what they are for: events in number, and retention passing by those who were away.
    if (runs > 1) {
      expect(total.received).toBeGreaterThan(8 * RUNS);
      expect(total.gaps).toBeGreaterThan(RUNS / 10);
    }
  });
});
