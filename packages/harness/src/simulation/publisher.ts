import type { Hub } from "tidings";

import type { Chance } from "../chance.ts";
import type { Journal } from "../logs/journal.ts";
import { payloadOf } from "../logs/payload.ts";
import type { Attempted } from "../logs/record.ts";
import type { SimulatedRuntime } from "../../../tidings/test/simulation.ts";

const TOPICS = ["a", "b", "c/d", "c/e", ["a", "b"], ["a", "c/d"], ["b", "c/e", "z"]];
const EVENTS = [undefined, undefined, "update"];

interface Message extends Attempted {
  readonly event: string | undefined;
  readonly data: string;
}

/** Publishes batches, some with keys, calls again for what it does not know, and writes down what it was answered. */
export class SimulatedPublisher {
  readonly #name: string;
  readonly #hub: Hub;
  readonly #chance: Chance;
  readonly #runtime: SimulatedRuntime;
  readonly #journal: Journal;
  #seq = 0;
  #attempts = 0;
  #pending = 0;
  /** Events with keys that were answered, or not. */
  #keyed: Message[] = [];
  #unknown = new Set<Message>();

  constructor(name: string, hub: Hub, chance: Chance, runtime: SimulatedRuntime, journal: Journal) {
    this.#name = name;
    this.#hub = hub;
    this.#chance = chance;
    this.#runtime = runtime;
    this.#journal = journal;
  }

  /** Whether every call was answered, and nothing with a key is unknown. */
  get settled(): boolean {
    return this.#pending === 0 && this.#unknown.size === 0;
  }

  /** Publishes something new. */
  publish(): void {
    const keyed = this.#chance.happens(0.4);
    void this.#call(Array.from({ length: this.#chance.pick([1, 1, 1, 2, 5]) }, () => this.#make(keyed)));
  }

  /** Publishes again what it does not know, or even what it does: with the key that it had. */
  publishAgain(): void {
    const again = this.#unknown.size > 0 ? [...this.#unknown] : this.#keyed.slice(-3);
    if (again.length > 0) void this.#call([this.#chance.pick(again)]);
  }

  /** Uses a key again for something else, which is refused, with the rest of the batch. */
  publishOther(): void {
    const [other] = this.#keyed.slice(-1);
    if (other === undefined) return;
    const { key, topics } = other;
    void this.#call([this.#make(false), { ...this.#make(false), key, topics }]);
  }

  /** Publishes again what is not known, where nothing is on its way. */
  settle(): void {
    if (this.#pending === 0 && this.#unknown.size > 0) this.publishAgain();
  }

  #make(keyed: boolean): Message {
    const seq = ++this.#seq;
    const data = `${this.#name}:${seq} ${"x".repeat(this.#chance.pick([0, 10, 1_000, 30_000]))}`;
    const event = this.#chance.pick(EVENTS);
    const topics = [this.#chance.pick(TOPICS)].flat();
    const key = keyed ? `${this.#name}:${seq}` : undefined;
    return { seq, event, data, topics, key, payload: payloadOf(event ?? "message", data) };
  }

  async #call(messages: readonly Message[]): Promise<void> {
    const publisher = this.#name;
    const attempt = ++this.#attempts;
    const events = messages.map(({ seq, key, topics, payload }) => ({ seq, key, topics, payload }));
    this.#journal({ kind: "invoke", at: this.#runtime.stamp(), publisher, attempt, events });
    this.#pending++;
    const batch = messages.map(({ topics, event, data, key }) => ({ topic: topics, event, data, idempotencyKey: key }));
    try {
      const answered = await this.#hub.publishBatch(batch);
      const told = answered.map(({ id, duplicate }) => ({ id, duplicate }));
      this.#journal({ kind: "answer", at: this.#runtime.stamp(), publisher, attempt, outcome: "ok", events: told });
      for (const message of messages) {
        this.#unknown.delete(message);
        if (message.key !== undefined && !this.#keyed.includes(message)) this.#keyed.push(message);
      }
    } catch (error) {
      const code = String((error as { code?: unknown }).code);
      const outcome = code === "log-failed" ? "unknown" : "fail";
      this.#journal({ kind: "answer", at: this.#runtime.stamp(), publisher, attempt, outcome, code });
      if (outcome === "unknown")
        for (const message of messages) if (message.key !== undefined) this.#unknown.add(message);
      if (outcome === "fail" && code !== "conflict" && code !== "closed") {
        this.#journal({ kind: "error", at: this.#runtime.stamp(), what: `A publish was refused: ${String(error)}` });
      }
    }
    this.#pending--;
  }
}
