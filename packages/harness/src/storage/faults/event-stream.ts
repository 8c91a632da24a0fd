import { get } from "node:http";

import { FrameReader, isPublished } from "../../../../tidings/test/frames.ts";
import { placeOf, type Place } from "../../checker/cursor.ts";
import { gapRange, type GapRange } from "../../checker/gap-range.ts";
import { until } from "../until.ts";

/** An event as it came. */
export interface Received {
  readonly place: Place;
  readonly data: string;
}

/** A stream that a hub sends, and all that has come of it. */
export class EventStream {
  readonly events: Received[] = [];
  readonly gaps: GapRange[] = [];
  resets = 0;
  live = false;
  /** Why it ended, if the client did not end it. */
  ended: string | undefined;
  readonly #close: () => void;
  #closed = false;

  constructor(port: number, path: string) {
    const reader = new FrameReader();
    const asked = get({ host: "127.0.0.1", port, path, agent: false }, (response) => {
      response.on("data", (bytes: Buffer) => {
        for (const frame of reader.read(bytes)) {
          const place = placeOf(frame.id ?? "");
          if (isPublished(frame) && place !== undefined) this.events.push({ place, data: frame.data ?? "" });
          else if (frame.event === "tidings:gap")
            this.gaps.push(...[gapRange(frame.data)].filter((gap) => gap !== undefined));
          else if (frame.event === "tidings:reset") this.resets++;
          else if (frame.event === "tidings:live") this.live = true;
        }
      });
      response.on("error", (error) => (this.ended ??= error.message));
      response.on("close", () => (this.ended ??= `closed, status ${response.statusCode}`));
    });
    asked.on("error", (error) => (this.ended ??= error.message));
    this.#close = () => asked.destroy();
  }

  /** The data of all events, in order. */
  get data(): string[] {
    return this.events.map(({ data }) => data);
  }

  async untilLive(): Promise<void> {
    await this.#until(() => this.live, "the stream is live");
  }

  async untilHas(data: string): Promise<void> {
    await this.#until(() => this.events.some((event) => event.data === data), `${data.slice(0, 40)} has come`);
  }

  close(): void {
    this.#closed = true;
    this.#close();
  }

  async #until(condition: () => boolean, what: string): Promise<void> {
    await until(() => {
      if (condition()) return true;
      if (this.ended !== undefined && !this.#closed) throw new Error(`The stream ended: ${this.ended}`);
      return false;
    }, what);
  }
}
