import type { Hub } from "tidings";

import { Chance } from "../chance.ts";
import type { LogRecord } from "../logs/record.ts";
import type { Engine } from "./engine.ts";
import { SimulatedLog, type Manners } from "./log.ts";
import { SimulatedPublisher } from "./publisher.ts";
import { SimulatedRuntime } from "../../../tidings/test/simulation.ts";
import { SimulatedSubscriber } from "./subscriber.ts";

const STEPS = 70;
/** So many rounds everyone has, once all is well, to come to the head. */
const ROUNDS = 2_000;
const DEDUPE_WINDOW = 300_000;

const PROMPT: Manners = { late: 0, failing: 0, skipping: 0 };
const UNRULY: readonly Manners[] = [
  { late: 0.7, failing: 0, skipping: 0 },
  { late: 0.7, failing: 0.06, skipping: 0 },
  { late: 0.5, failing: 0.04, skipping: 0.2 },
];

/** Runs the engine through one random schedule, and answers what everyone wrote down. */
export async function simulate(engine: Engine, seed: number): Promise<LogRecord[]> {
  const run = new Simulation(engine, seed);
  try {
    await run.begin();
    for (let step = 0; step < STEPS; step++) await run.step();
    await run.finish();
  } catch (error) {
    run.records.push({ kind: "error", at: 0, what: `The run broke off: ${String(error)}` });
  }
  return run.records;
}

class Simulation {
  readonly records: LogRecord[] = [];
  readonly #engine: Engine;
  readonly #chance: Chance;
  readonly #runtime: SimulatedRuntime;
  readonly #manners: Manners;
  /** Whether the log may lose its entries, all of them or the newest. */
  readonly #isFragile: boolean;
  /** Whether topics change while streams are open, and which: apart, so that a seed without changes is what it was. */
  readonly #changing: Chance | undefined;
  /** Whether connections last. */
  readonly #isLasting: boolean;
  #log: SimulatedLog | undefined;
  #hub: Hub | undefined;
  #publishers: SimulatedPublisher[] = [];
  #subscribers: SimulatedSubscriber[] = [];

  constructor(engine: Engine, seed: number) {
    this.#engine = engine;
    this.#chance = new Chance(seed);
    this.#runtime = new SimulatedRuntime(this.#chance.random);
    this.#manners = this.#chance.happens(0.5) ? PROMPT : this.#chance.pick(UNRULY);
    this.#isFragile = this.#chance.happens(0.4);
    this.#isLasting = this.#chance.happens(0.6);
    const changing = new Chance(seed ^ 0x2545f491);
    this.#changing = changing.happens(0.5) ? changing : undefined;
    const versions = { node: process.version };
    this.#write({
      kind: "run",
      seed,
      versions,
      traced: true,
      inOrder: this.#manners === PROMPT,
      dedupeWindow: DEDUPE_WINDOW,
    });
  }

  async begin(): Promise<void> {
    const chance = this.#chance;
    const runtime = this.#runtime;
    const journal = this.#write;
    const maxEvents = chance.pick([3, 10, 1_000]);
    // A log that loses its end and takes its entries in again gives them a new age.
    const maxAge = !this.#isFragile && chance.happens(0.3) ? 20_000 : 3_600_000;
    const log = await SimulatedLog.open({
      engine: this.#engine,
      chance,
      runtime,
      journal,
      manners: this.#manners,
      maxEvents,
      maxAge,
      dedupeWindow: DEDUPE_WINDOW,
    });
    // Sometimes so tight that the slow ones are cut.
    const bufferBudget = chance.pick([100_000, 10_000_000]);
    const hub = this.#engine.createHub({
      log,
      runtime,
      logger: this.#logger(),
      bufferBudget,
      replays: chance.pick([1, 32]),
      heartbeat: chance.pick(["200ms", "15s"]),
      maxLifetime: this.#isLasting ? "30d" : "30s",
      shed: chance.pick([false, {}]),
    });
    const names = ["p", "q"];
    this.#publishers = names.map((name) => new SimulatedPublisher(name, hub, chance, runtime, journal));
    this.#subscribers = Array.from(
      // Now and then so many that a flush takes several slices.
      { length: chance.happens(0.05) ? 24 : chance.between(2, 5) },
      (_, index) =>
        new SimulatedSubscriber(`s${index}`, { hub, log, chance, runtime, journal, changing: this.#changing }),
    );
    this.#log = log;
    this.#hub = hub;
  }

  async step(): Promise<void> {
    const chance = this.#chance;
    const subscriber = chance.pick(this.#subscribers);
    const publisher = chance.pick(this.#publishers);
    const what = chance.random();
    if (what < 0.2) publisher.publish();
    else if (what < 0.23) publisher.publishAgain();
    else if (what < 0.24) publisher.publishOther();
    else if (what < 0.42) this.#runtime.turn();
    else if (what < 0.56) this.#log?.turn();
    else if (what < 0.82) subscriber.read();
    else if (what < 0.84) subscriber.read(true);
    else if (what < 0.88) this.#runtime.pass(chance.pick([10, 100, 1_000, 8_000]));
    else if (what < 0.91) await this.#disturb();
    else if (subscriber.connected) subscriber.leave();
    else await this.#connect(subscriber);
    if (this.#changing?.happens(0.5)) this.#changeSome(this.#changing);
    await this.#runtime.settle(chance.between(0, 11));
  }

  /** Everything has happened. The log is well again, everyone comes back, and has to be told of all of it. */
  async finish(): Promise<void> {
    const log = this.#log;
    const hub = this.#hub;
    if (log === undefined || hub === undefined) throw new Error("A simulation begins before it ends");
    log.calm = true;
    this.#write({ kind: "fault", at: this.#runtime.stamp(), what: "heal" });
    for (const publisher of this.#publishers) publisher.publish();
    await this.#until(() => this.#isDone(), true);
    if (this.#isLasting && this.#chance.happens(0.5)) await this.#close(hub);
    await log.dump();
    this.#write({ kind: "end", at: this.#runtime.stamp() });
    for (const subscriber of this.#subscribers) subscriber.leave();
    await this.#runtime.settle(20);
    const { subscribers, topics } = hub.stats();
    this.#write({ kind: "stats", at: this.#runtime.stamp(), subscribers, topics });
  }

  #changeSome(changing: Chance): void {
    const able = this.#subscribers.filter(({ named }) => named);
    if (able.length > 0) changing.pick(able).change();
  }

  /** Lets the log lose something, or a subscriber his mind. */
  async #disturb(): Promise<void> {
    const chance = this.#chance;
    const subscriber = chance.pick(this.#subscribers);
    if (!this.#isFragile || this.#log === undefined) {
      if (subscriber.connected) return;
      if (chance.happens(0.5)) subscriber.forge();
      else subscriber.changeTopics();
      return;
    }
    if (chance.happens(0.3)) {
      this.#write({ kind: "fault", at: this.#runtime.stamp(), what: "the log loses everything" });
      await this.#log.restart();
    } else {
      const batches = chance.between(1, 4);
      this.#write({ kind: "fault", at: this.#runtime.stamp(), what: "the log is rewound", batches });
      await this.#log.rewind(batches);
    }
  }

  async #connect(subscriber: SimulatedSubscriber): Promise<void> {
    try {
      await subscriber.connect();
    } catch (error) {
      this.#write({ kind: "error", at: this.#runtime.stamp(), what: `A stream was refused: ${String(error)}` });
    }
  }

  /** Closes the hub on what was just published: it is delivered before the streams end. */
  async #close(hub: Hub): Promise<void> {
    for (const publisher of this.#publishers) publisher.publish();
    let closed = false;
    void hub.close().then(() => (closed = true));
    await this.#until(() => closed && this.#subscribers.every(({ connected }) => !connected), false);
    // Whose stream was cut before, for a reason of its own, could not come back for the rest.
    for (const subscriber of this.#subscribers) if (!subscriber.sentAway) subscriber.retire();
  }

  #isDone(): boolean {
    const head = this.#log?.head;
    return (
      this.#publishers.every(({ settled }) => settled) &&
      this.#subscribers.every(({ connected, live, lastEventId }) => connected && live && lastEventId === head)
    );
  }

  async #until(done: () => boolean, comeBack: boolean): Promise<void> {
    const log = this.#log;
    for (let round = 0; round < ROUNDS && !done(); round++) {
      for (const subscriber of this.#subscribers) {
        if (comeBack && !subscriber.connected) await this.#connect(subscriber);
        subscriber.read();
      }
      if (comeBack) for (const publisher of this.#publishers) publisher.settle();
      while (log?.turn()) await this.#runtime.settle(3);
      const isIdle = !this.#runtime.turn();
      // Time passes for those who never rest, too.
      if (round % 10 === 0 && comeBack) this.#runtime.pass(isIdle ? 1_000 : 100);
      if (round % 10 === 0 && isIdle && !comeBack) this.#runtime.ring();
      await this.#runtime.settle(12);
    }
  }

  readonly #write = (record: LogRecord): void => void this.records.push(record);

  /** What the hub complains of. Where the log fails, it has reason to. */
  #logger(): { debug(): void; info(): void; warn(): void; error(details: object, message: string): void } {
    const complain = (details: object, message: string): void => {
      if (this.#manners.failing > 0) return;
      const { error } = details as { error?: unknown };
      this.#write({ kind: "error", at: this.#runtime.stamp(), what: `${message}: ${String(error)}` });
    };
    return { debug() {}, info() {}, warn() {}, error: complain };
  }
}
