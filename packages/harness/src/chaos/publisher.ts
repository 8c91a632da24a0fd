import { request } from "node:http";

import type { Chance } from "../chance.ts";
import type { Journal } from "../logs/journal.ts";
import { payloadOf } from "../logs/payload.ts";
import type { AnswerRecord } from "../logs/record.ts";

/** A publisher waits so long for an answer, in milliseconds. */
const PATIENCE = 2_000;

/** How a publisher is set up. */
export interface ChaosPublisherOptions {
  readonly name: string;
  readonly topics: readonly string[];
  readonly port: () => number;
  readonly chance: Chance;
  readonly journal: Journal;
  /** The longest pause between two calls, in milliseconds. */
  readonly pause: number;
}

interface Message {
  readonly seq: number;
  readonly key: string;
  readonly topics: readonly string[];
  readonly data: string;
  readonly payload: string;
}

interface Outcome {
  readonly status: number;
  readonly body: string;
}

/** Publishes batches over HTTP, one after another; what it gets no answer to, it publishes again with the same keys. */
export class ChaosPublisher {
  readonly #options: ChaosPublisherOptions;
  #seq = 0;
  #attempts = 0;
  #stopped = false;

  constructor(options: ChaosPublisherOptions) {
    this.#options = options;
  }

  /** Publishes until `stop`. Resolves when everything was answered. */
  async run(): Promise<void> {
    const { chance, topics, pause } = this.#options;
    while (!this.#stopped) {
      const size = chance.pick([1, 1, 2, 8]);
      await this.publish(Array.from({ length: size }, () => [chance.pick(topics)]));
      await new Promise((resolve) => setTimeout(resolve, chance.between(0, pause)));
    }
  }

  /** Publishes one event for each list of topics, as often as it takes. Answers the last one's cursor. */
  async publish(topics: readonly (readonly string[])[]): Promise<string | undefined> {
    const messages = topics.map((each) => this.#make(each));
    for (;;) {
      const answer = await this.#call(messages);
      if (answer.outcome !== "unknown") return answer.events?.at(-1)?.id;
      await new Promise((resolve) => setTimeout(resolve, this.#options.chance.between(10, 200)));
    }
  }

  stop(): void {
    this.#stopped = true;
  }

  #make(topics: readonly string[]): Message {
    const seq = ++this.#seq;
    const key = `${this.#options.name}:${seq}`;
    const data = `${key} ${"x".repeat(this.#options.chance.pick([0, 50, 500, 4_000]))}`;
    return { seq, key, topics, data, payload: payloadOf("message", data) };
  }

  async #call(messages: readonly Message[]): Promise<AnswerRecord> {
    const { name: publisher, journal } = this.#options;
    const attempt = ++this.#attempts;
    const events = messages.map(({ seq, key, topics, payload }) => ({ seq, key, topics, payload }));
    journal({ kind: "invoke", at: performance.now(), publisher, attempt, events });
    const body = JSON.stringify(
      messages.map(({ key, topics, data }) => ({ topic: topics, data, idempotencyKey: key })),
    );
    const outcome = await this.#post(body);
    const answer: AnswerRecord = { kind: "answer", at: performance.now(), publisher, attempt, ...readOutcome(outcome) };
    journal(answer);
    return answer;
  }

  /** Nothing if there was no whole answer. */
  #post(body: string): Promise<Outcome | undefined> {
    return new Promise((resolve) => {
      const headers = { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) };
      const options = { port: this.#options.port(), host: "127.0.0.1", path: "/publish", method: "POST", agent: false };
      const asked = request({ ...options, headers, timeout: PATIENCE }, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (part: string) => (text += part));
        response.on("error", () => undefined);
        response.on("close", () =>
          resolve(response.complete ? { status: response.statusCode ?? 0, body: text } : undefined),
        );
      });
      asked.on("timeout", () => asked.destroy());
      asked.on("error", () => resolve(undefined));
      asked.end(body);
    });
  }
}

function readOutcome(outcome: Outcome | undefined): Pick<AnswerRecord, "outcome" | "events" | "code"> {
  if (outcome === undefined) return { outcome: "unknown", code: "no-answer" };
  const { status, body } = outcome;
  if (status === 200) return { outcome: "ok", events: JSON.parse(body) as { id: string; duplicate?: boolean }[] };
  return { outcome: status >= 400 && status < 500 ? "fail" : "unknown", code: String(status) };
}
