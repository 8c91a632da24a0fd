import { get, type ClientRequest, type IncomingMessage } from "node:http";

import { FrameReader } from "../../../tidings/test/frames.ts";
import type { Chance } from "../chance.ts";
import { frameRecord } from "../logs/frame-record.ts";
import type { Journal } from "../logs/journal.ts";
import type { Policy } from "../logs/record.ts";

/** After so much silence, in heartbeats, a stream is taken for dead: no native client does that, but ours will. */
const SILENCE = 2.5;

/** How a subscriber is set up. */
export interface ChaosSubscriberOptions {
  readonly name: string;
  readonly topics: readonly string[];
  readonly policy: Policy;
  /** What its query says in `from`. */
  readonly from: "earliest" | "last:2" | undefined;
  /** The port to connect to. */
  readonly port: () => number;
  /** In milliseconds. */
  readonly heartbeat: number;
  readonly chance: Chance;
  readonly journal: Journal;
}

/** A client of a real hub, with EventSource's memory, that comes back again and again. */
export class ChaosSubscriber {
  readonly #options: ChaosSubscriberOptions;
  readonly #url: string;
  #connections = 0;
  #request: ClientRequest | undefined;
  #response: IncomingMessage | undefined;
  #again: NodeJS.Timeout | undefined;
  #silence: NodeJS.Timeout | undefined;
  /** Gives the connection up that it has. */
  #giveUp: (() => void) | undefined;
  #closed = false;
  lastEventId: string | undefined;
  /** The stream that it has is live. */
  live = false;

  constructor(options: ChaosSubscriberOptions) {
    this.#options = options;
    const query = new URLSearchParams(options.topics.map((topic) => ["topic", topic]));
    if (options.from !== undefined) query.set("from", options.from);
    if (options.policy !== "reliable") query.set("policy", options.policy);
    this.#url = `/events?${query.toString()}`;
  }

  connect(): void {
    const { name, topics, policy, from, port, journal } = this.#options;
    const connection = ++this.#connections;
    const cursor = this.lastEventId;
    const where = { subscriber: name, connection };
    const snapshot = from === "earliest" ? undefined : from;
    const begin = from === "earliest" ? from : undefined;
    journal({ kind: "connect", at: performance.now(), ...where, topics, cursor, from: begin, snapshot, policy });
    this.live = false;
    this.#response = undefined;
    let over = false;
    const end = (by: "hub" | "client"): void => {
      if (over) return;
      over = true;
      this.live = false;
      clearTimeout(this.#silence);
      journal({ kind: "disconnect", at: performance.now(), ...where, by });
      request.destroy();
      if (!this.#closed) this.#again = setTimeout(() => this.connect(), this.#options.chance.between(20, 400));
    };
    const headers = cursor === undefined ? {} : { "Last-Event-ID": cursor };
    const request = get({ port: port(), path: this.#url, headers, agent: false, host: "127.0.0.1" }, (response) => {
      this.#response = response;
      if (response.statusCode !== 200) return end("hub");
      const reader = new FrameReader();
      response.on("data", (bytes: Buffer) => {
        if (over) return;
        this.#listen();
        for (const frame of reader.read(bytes)) {
          if (frame.id !== undefined) this.lastEventId = frame.id;
          if (frame.event === "tidings:live") this.live = true;
          journal(frameRecord(frame, { at: performance.now(), ...where }));
        }
      });
      response.on("error", () => undefined);
      response.on("close", () => end("hub"));
    });
    this.#request = request;
    this.#giveUp = () => end("client");
    request.on("error", () => end("hub"));
    this.#listen();
  }

  /** Stops reading for a while. */
  doze(ms: number): void {
    const response = this.#response;
    if (response === undefined) return;
    response.pause();
    clearTimeout(this.#silence);
    setTimeout(() => {
      response.resume();
      // It may have died meanwhile without a word.
      if (response === this.#response) this.#listen();
    }, ms);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#again);
    clearTimeout(this.#silence);
    this.#request?.destroy();
  }

  #listen(): void {
    clearTimeout(this.#silence);
    if (this.#response?.isPaused() === true || this.#closed) return;
    this.#silence = setTimeout(() => this.#giveUp?.(), this.#options.heartbeat * SILENCE);
  }
}
