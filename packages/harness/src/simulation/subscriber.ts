import type { Hub, StreamOptions } from "tidings";

import { FrameReader } from "../../../tidings/test/frames.ts";
import type { Chance } from "../chance.ts";
import type { Journal } from "../logs/journal.ts";
import { frameRecord } from "../logs/frame-record.ts";
import type { Policy, SnapshotKind } from "../logs/record.ts";
import type { SimulatedLog } from "./log.ts";
import type { SimulatedRuntime } from "../../../tidings/test/simulation.ts";

const SUBSCRIPTIONS = [["a"], ["b"], ["a", "b"], ["a", "*"], ["**"], ["c/*", "b"], ["c/**"], ["quiet"], ["*", "c/d"]];
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

  /** Asks for something else from here on. */
  changeTopics(): void {
    this.#wish = { ...this.#wish, topics: this.#world.chance.pick(SUBSCRIPTIONS) };
  }

  /** Comes back with a cursor that no log gave. */
  forge(): void {
    this.lastEventId = this.#world.chance.pick(GARBAGE);
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
    if (snapshot === "embedder") return { topics, policy, snapshot: () => this.#snapshot() };
    return { topics, policy, from: snapshot ?? from };
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
      if (frame.retry !== undefined && frame.data === undefined) this.sentAway = true;
      journal(frameRecord(frame, { at: runtime.stamp(), subscriber: this.#name, connection }));
    }
  }
}
