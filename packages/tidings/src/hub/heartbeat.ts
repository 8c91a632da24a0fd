import { formatCursor } from "./cursor.ts";
import type { Position } from "./log/log.ts";
import { heartbeatFrame } from "./notices.ts";
import type { Runtime } from "./runtime.ts";
import { inSlices } from "./slices.ts";

/** A stream that is kept alive. */
export interface Beating {
  /** Writes a heartbeat if nothing was written since the last call. */
  beat(frameAt: (position: Position) => Uint8Array): void;
}

/**
 * One timer for all streams: it sweeps them twice in a heartbeat's time and writes to those who were written nothing
 * since the sweep before, so none is silent for longer than the heartbeat. Runs while there is someone to write to.
 */
export class Heartbeat {
  readonly #interval: number;
  readonly #runtime: Runtime;
  readonly #streams: ReadonlySet<Beating>;
  #cancel: (() => void) | undefined;

  constructor(interval: number, runtime: Runtime, streams: ReadonlySet<Beating>) {
    this.#interval = interval;
    this.#runtime = runtime;
    this.#streams = streams;
  }

  /** Begins, unless it is running. */
  start(): void {
    // Up to a tenth early, at random: instances that were started together do not beat together.
    const pause = (this.#interval / 2) * (0.9 + this.#runtime.random() / 10);
    this.#cancel ??= this.#runtime.after(pause, () => this.#sweep());
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #sweep(): void {
    // Those who are live and quiet have the same position: one frame serves them all.
    const frames = new Map<string, Uint8Array>();
    function frameAt(position: Position): Uint8Array {
      const cursor = formatCursor(position);
      let frame = frames.get(cursor);
      if (frame === undefined) frames.set(cursor, (frame = heartbeatFrame(position)));
      return frame;
    }
    const mine = this.#cancel;
    inSlices(
      this.#runtime,
      [...this.#streams],
      (stream) => stream.beat(frameAt),
      () => {
        // Stopped meanwhile, and perhaps started anew.
        if (mine === undefined || this.#cancel !== mine) return;
        this.#cancel = undefined;
        if (this.#streams.size > 0) this.start();
      },
    );
  }
}
