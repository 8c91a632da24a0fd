import type { Hub, StreamOptions } from "tidings";

import { FrameReader, type Frame } from "../../../tidings/test/frames.ts";
import type { Chance } from "../chance.ts";
import type { Journal } from "../logs/journal.ts";
import { frameRecord } from "../logs/frame-record.ts";
import type { Policy, SnapshotKind } from "../logs/record.ts";
import type { SimulatedLog } from "./log.ts";
import type { SimulatedRuntime } from "../../../tidings/test/simulation.ts";

const SUBSCRIPTIONS = [["a"], ["b"], ["a", "b"], ["a", "*"], ["**"], ["c/*", "b"], ["c/**"], ["quiet"], ["*", "c/d"]];
/** What may be added to an open stream, and removed. */
const NAMES = ["a", "b", "c/d", "c/e", "z", "*", "c/*", "**", "quiet"];
const GARBAGE = ["garbage", "x-1-1", "0-0-0-0", "é"];

/** What a subscriber wants of a stream. */
interface Wish {
  readonly topics: readonly string[];
  readonly from: "now" | "earliest" | undefined;
  readonly snapshot: SnapshotKind | undefined;
  readonly policy: Policy;
}

/** Where a subscriber lives. */
export interface Surroundings {
  readonly hub: Hub;
  readonly log: SimulatedLog;
  readonly chance: Chance;
  readonly runtime: SimulatedRuntime;
  readonly journal: Journal;
  /** Decides how topics change while a stream is open. Without it they do not. */
  readonly changing: Chance | undefined;
}

/** A client with EventSource's memory, that reads when it is told to, and writes down every frame that it gets. */
export class SimulatedSubscriber {
  readonly #name: string;
  readonly #world: Surroundings;
  #wish: Wish;
  #connections = 0;
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  #frames = new FrameReader();
  #reading = false;
  /** Of the stream that it has, once it was told. */
  #stream: string | undefined;
  #changes = 0;
  /** The id that it will come back with. */
  lastEventId: string | undefined;
  /** The stream that it has is live. */
  live = false;
  /** It was told when to come back. */
  sentAway = false;

  constructor(name: string, world: Surroundings) {
    this.#name = name;
    this.#world = world;
    const { chance } = world;
    const snapshot = chance.happens(0.4) ? chance.pick(["embedder", "last:1", "last:2"] as const) : undefined;
    const from = chance.pick(["now", "earliest"] as const);
    const policy = chance.pick(["reliable", "reliable", "latest", "disconnect"] as const);
    const topics = chance.pick(SUBSCRIPTIONS);
    this.#wish = { topics, from: snapshot === undefined ? from : undefined, snapshot, policy };
  }

  get connected(): boolean {
    return this.#reader !== undefined;
  }

  /** Whether it can change the stream that it has. */
  get named(): boolean {
    return this.connected && this.#stream !== undefined;
  }

  /** Asks for something else from here on. */
  changeTopics(): void {
    this.#wish = { ...this.#wish, topics: this.#world.chance.pick(SUBSCRIPTIONS) };
  }

  /** Comes back with a cursor that no log gave. */
  forge(): void {
    this.lastEventId = this.#world.chance.pick(GARBAGE);
  }

  /** Asks for more, or for less, on the stream that it has. */
  change(): void {
    const { changing, hub, runtime, journal } = this.#world;
    const stream = this.#stream;
    if (changing === undefined || stream === undefined || this.#reader === undefined) return;
    const number = ++this.#changes;
    const count = changing.pick([1, 1, 2, 3]);
    const names = [...new Set(Array.from({ length: count }, () => changing.pick(NAMES)))];
    const add = names.filter(() => changing.happens(0.5));
    const remove = names.filter((name) => !add.includes(name));
    const where = { subscriber: this.#name, number };
    journal({ kind: "change", at: runtime.stamp(), ...where, connection: this.#connections, add, remove });
    const asked = new Set([...this.#wish.topics, ...add]);
    for (const name of remove) asked.delete(name);
    // Whoever comes back asks for something.
    if (asked.size > 0) this.#wish = { ...this.#wish, topics: [...asked] };
    hub.change(stream, { add, remove }).then(
      ({ id }) => journal({ kind: "changed", at: runtime.stamp(), ...where, outcome: "ok", id }),
      (error: unknown) => {
        const code = String((error as { code?: unknown }).code);
        // A stream that hardly reads may have too many before it.
        const outcome = code === "rate-limited" ? "fail" : "unknown";
        journal({ kind: "changed", at: runtime.stamp(), ...where, outcome, code });
        if (outcome === "fail") return;
        if (["log-failed", "unknown-stream", "closed"].includes(code)) return;
        journal({ kind: "error", at: runtime.stamp(), what: `A change was refused: ${String(error)}` });
      },
    );
  }

  async connect(): Promise<void> {
    const { hub, runtime, journal } = this.#world;
    const { topics, from, snapshot, policy } = this.#wish;
    const connection = ++this.#connections;
    const cursor = this.lastEventId;
    journal({
      kind: "connect",
      at: runtime.stamp(),
      subscriber: this.#name,
      connection,
      topics,
      cursor,
      from: from === "earliest" ? from : undefined,
      snapshot,
      policy,
    });
    this.#frames = new FrameReader();
    this.live = this.sentAway = false;
    this.#stream = undefined;
    // As a query, where any text goes.
    const query = cursor === undefined ? "" : `?lastEventId=${encodeURIComponent(cursor)}`;
    const response = await hub.fetch(new Request(`http://hub.test/events${query}`), this.#options());
    this.#reader = response.body?.getReader();
    this.#reading = false;
  }

  /** Reads a chunk, when there is one: all of it, or up to where the line is cut. */
  read(cut = false): void {
    const reader = this.#reader;
    const connection = this.#connections;
    if (reader === undefined || this.#reading) return;
    this.#reading = true;
    void reader.read().then(
      ({ value }) => {
        if (reader !== this.#reader) return;
        this.#reading = false;
        if (value === undefined) return this.#over(connection, "hub");
        const { chance } = this.#world;
        this.#hear(connection, cut ? value.subarray(0, chance.between(0, value.length)) : value);
        if (cut) this.leave("fault");
      },
      () => {
        if (reader === this.#reader) this.#over(connection, "hub");
      },
    );
  }

  /** Goes for good: it is owed nothing any more. */
  retire(): void {
    const { journal, runtime } = this.#world;
    journal({ kind: "leave", at: runtime.stamp(), subscriber: this.#name });
  }

  leave(by: "client" | "fault" = "client"): void {
    const reader = this.#reader;
    if (reader === undefined) return;
    this.#over(this.#connections, by);
    reader.cancel().catch(() => undefined);
  }

  #options(): StreamOptions {
    const { topics, from, snapshot, policy } = this.#wish;
    const named = this.#world.changing === undefined ? {} : { changes: true, client: "tidings/0" };
    if (snapshot === "embedder") return { topics, policy, snapshot: () => this.#snapshot(), ...named };
    return { topics, policy, from: snapshot ?? from, ...named };
  }

  /** The state of an application: it says where the log was when it was asked for. */
  async *#snapshot(): AsyncGenerator<{ data: string }> {
    const { log, chance } = this.#world;
    const data = `state ${log.head}`;
    for (let part = chance.between(0, 2); part >= 0; part--) {
      await log.delay();
      yield { data };
    }
  }

  #over(connection: number, by: "client" | "hub" | "fault"): void {
    const { journal, runtime } = this.#world;
    this.#reader = undefined;
    this.#reading = false;
    journal({ kind: "disconnect", at: runtime.stamp(), subscriber: this.#name, connection, by });
  }

  #hear(connection: number, bytes: Uint8Array): void {
    const { journal, runtime } = this.#world;
    for (const frame of this.#frames.read(bytes)) {
      if (frame.id !== undefined) this.lastEventId = frame.id;
      if (frame.event === "tidings:live") this.live = true;
      this.#stream ??= streamOf(frame);
      if (frame.retry !== undefined && frame.data === undefined) this.sentAway = true;
      journal(frameRecord(frame, { at: runtime.stamp(), subscriber: this.#name, connection }));
    }
  }
}

/** The name that an opening frame tells. */
function streamOf({ event, data }: Frame): string | undefined {
  if (event !== "tidings:cursor" || data === undefined || data === "") return undefined;
  return (JSON.parse(data) as { stream?: string }).stream;
}
