import { expect, test } from "vitest";

import { composeHub } from "../../src/create-hub.ts";
import { memoryLog, type Hub } from "../../src/index.ts";
import { nodePlatform } from "../../src/node/platform.ts";
import { seeded, SimulatedRuntime } from "../simulation.ts";
import { gunzipped } from "./gunzip.ts";

const RUNS = 30;
const STEPS = 80;
const TOPICS = ["a", "b", ["a", "b"]];
const SUBSCRIPTIONS = [["a"], ["a"], ["b"], ["**"]];

/** A body that is read when it is told to. */
class Body {
  readonly #chunks: Uint8Array[] = [];
  length = 0;
  readonly #response: Promise<Response>;
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  #reading = false;

  constructor(response: Promise<Response>) {
    this.#response = response;
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  async read(): Promise<void> {
    if (this.#reading) return;
    this.#reading = true;
    this.#reader ??= (await this.#response).body?.getReader();
    const { value } = (await this.#reader?.read()) ?? {};
    if (value === undefined) return;
    this.#chunks.push(value);
    this.length += value.length;
    this.#reading = false;
  }
}

/** Two clients that ask for the same at the same time: one takes gzip. */
interface Pair {
  readonly gzip: Body;
  readonly plain: Body;
}

function join(hub: Hub, topics: readonly string[], cursor: string): Pair {
  const ask = (headers: Record<string, string>): Body => {
    const request = new Request("http://hub.test/", { headers: { ...headers, "Last-Event-ID": cursor } });
    return new Body(hub.fetch(request, { topics, compress: true }));
  };
  return { gzip: ask({ "Accept-Encoding": "gzip" }), plain: ask({}) };
}

/** The frames of what was published: where a stream says that it is live is a matter of when it reads. */
function events(bytes: Buffer): string[] {
  return bytes
    .toString()
    .split("\n\n")
    .filter((frame) => !/^event: tidings:/m.test(frame));
}

/** How many bytes went as they are, and how many in gzip. */
async function run(seed: number): Promise<{ plain: number; gzip: number }> {
  const random = seeded(seed);
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;
  const runtime = new SimulatedRuntime(random);
  const hub: Hub = composeHub({ log: memoryLog({ runtime }), runtime }, nodePlatform);
  const cursors = ["", "no-cursor"];
  const publish = async (data: string): Promise<void> => {
    const batch = Array.from({ length: pick([1, 1, 3, 20]) }, (_, n) => ({
      topic: pick(TOPICS),
      data: `${n} ${data.repeat(pick([0, 1, 1, 3, 10, 10, 50, 2_000]))}`,
    }));
    for (const { id } of await hub.publishBatch(batch)) cursors.push(id);
  };
  const pairs = Array.from({ length: pick([2, 5, 12]) }, () => join(hub, ["a"], ""));
  for (let step = 0; step < STEPS; step++) {
    const chance = random();
    if (chance < 0.2) void publish(`${random()} grüße`);
    else if (chance < 0.45) runtime.turn();
    else if (chance < 0.5) runtime.ring();
    else if (chance < 0.6) pairs.push(join(hub, pick(SUBSCRIPTIONS), pick(cursors)));
    else if (chance < 0.7) for (const body of pairs.flatMap(({ gzip, plain }) => [gzip, plain])) void body.read();
    else void pick(pairs)[pick(["gzip", "plain"] as const)].read();
    await runtime.settle(Math.floor(random() * 30));
  }
  const bodies = pairs.flatMap(({ gzip, plain }) => [gzip, plain]);
  const received = (): number => bodies.reduce((sum, { length }) => sum + length, 0);
  for (let before = -1; runtime.turn() || before < received();) {
    before = received();
    for (const body of bodies) void body.read();
    await runtime.settle(30);
  }
  const lengths = { plain: 0, gzip: 0 };
  for (const { gzip, plain } of pairs) {
    expect(events(gunzipped(gzip.bytes))).toEqual(events(plain.bytes));
    lengths.plain += plain.bytes.length;
    lengths.gzip += gzip.bytes.length;
  }
  void hub.close({ drain: 0 });
  return lengths;
}

test(`gzip brings what the others get under ${RUNS} random schedules`, { timeout: 60_000 }, async () => {
  const total = { plain: 0, gzip: 0 };
  const first = Number(process.env["SEED"] ?? Math.floor(Math.random() * 2 ** 31));
  const runs = process.env["SEED"] === undefined ? RUNS : 1;
  for (let seed = first; seed < first + runs; seed++) {
    try {
      const { plain, gzip } = await run(seed);
      total.plain += plain;
      total.gzip += gzip;
    } catch (cause) {
      throw new Error(`SEED=${seed} fails: ${String(cause).slice(0, 2_000)}`, { cause });
    }
  }
  // Both kinds of blocks were in it.
  if (runs > 1) expect(total.gzip).toBeLessThan(total.plain * 0.8);
});
