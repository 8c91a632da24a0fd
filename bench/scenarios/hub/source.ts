import type { Hub } from "tidings";
import { createDataWriter, monotonicMicros } from "./event-data.ts";
import type { Burst, Offer } from "./calls.ts";

const batch = 1_000;

/**
 * Publishes numbered events, the only ones of its hub: event n has the offset n + 1, so that a client can tell from a
 * cursor which event comes next. Steady publishing keeps to the clock: what is late is made up for at the next turn.
 */
export class Source {
  readonly #hub: Hub;
  #published = 0;
  #timer: NodeJS.Timeout | undefined;
  #latestMs = 0;

  constructor(hub: Hub) {
    this.#hub = hub;
  }

  get published(): number {
    return this.#published;
  }

  start({ topics, bytes, rate }: Offer): void {
    const write = createDataWriter(bytes);
    const startedAt = monotonicMicros();
    let events = 0;
    this.#latestMs = 0;
    const turn = (): void => {
      const now = monotonicMicros();
      const due = Math.floor(((now - startedAt) * rate) / 1_000_000);
      if (events < due) {
        this.#latestMs = Math.max(this.#latestMs, (now - startedAt) / 1000 - ((events + 1) * 1000) / rate);
      }
      for (; events < due; events++) {
        const sequence = this.#published++;
        void this.#hub.publish(topics[sequence % topics.length] ?? "", { data: write(sequence, monotonicMicros()) });
      }
      const wait = ((events + 1) * 1000) / rate - (monotonicMicros() - startedAt) / 1000;
      this.#timer = setTimeout(turn, Math.max(1, wait));
    };
    turn();
  }

  stop(): { readonly published: number; readonly latestMs: number } {
    clearTimeout(this.#timer);
    return { published: this.#published, latestMs: this.#latestMs };
  }

  async burst({ topics, bytes, events }: Burst): Promise<number> {
    const write = createDataWriter(bytes);
    const startedAt = performance.now();
    for (let left = events; left > 0; left -= batch) {
      const addressed = Array.from({ length: Math.min(batch, left) }, () => {
        const sequence = this.#published++;
        const topic = topics[sequence % topics.length] ?? "";
        return { topic, data: write(sequence, monotonicMicros()) };
      });
      await this.#hub.publishBatch(addressed);
      // One request's worth: between two of them the event loop does everything else, as it does over HTTP.
      await new Promise(setImmediate);
    }
    // Who begins now would begin where the hub has followed its log to.
    while (Number(this.#hub.stats().head.split("-")[1]) < this.#published) await new Promise(setImmediate);
    return performance.now() - startedAt;
  }
}
