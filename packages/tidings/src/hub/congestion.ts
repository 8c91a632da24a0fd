import type { Runtime } from "./runtime.ts";
import type { Subscriber } from "./subscriber.ts";

/** How much slowness a hub bears. */
export interface CongestionLimits {
  /** How long nothing may drain from a full sink, in milliseconds. */
  readonly stall: number;
  /** What full sinks may hold together, in bytes. */
  readonly bufferBudget: number;
}

/** How often sinks are looked at within the time for which nothing may drain. */
const LOOKS = 4;

interface Watched {
  /** When its sink filled, or was last seen to hold less than at the look before. */
  since: number;
  /** What its sink held at the last look. */
  bytes: number;
}

/**
 * Watches those whose sinks are full. Who makes no progress for too long is cut; when all together hold too much, the
 * one who is furthest behind is. They come back with their cursors, and the log has what they missed.
 */
export class Congestion {
  readonly #limits: CongestionLimits;
  readonly #runtime: Runtime;
  readonly #watched = new Map<Subscriber, Watched>();
  #bytes = 0;
  #cancel: (() => void) | undefined;
  #economizing = false;

  constructor(limits: CongestionLimits, runtime: Runtime) {
    this.#limits = limits;
    this.#runtime = runtime;
  }

  /** What full sinks hold, in bytes, as it was when each was looked at last. */
  get bytes(): number {
    return this.#bytes;
  }

  add(subscriber: Subscriber): void {
    if (this.#watched.has(subscriber)) return;
    const bytes = subscriber.sink.bufferedBytes;
    this.#watched.set(subscriber, { since: this.#runtime.elapsed(), bytes });
    this.#bytes += bytes;
    this.#ring(this.#limits.stall / LOOKS);
    if (this.#bytes <= this.#limits.bufferBudget || this.#economizing) return;
    // Not at once: this is called from inside a write.
    this.#economizing = true;
    this.#runtime.defer(() => this.#economize());
  }

  delete(subscriber: Subscriber): void {
    const watched = this.#watched.get(subscriber);
    if (watched === undefined) return;
    this.#watched.delete(subscriber);
    this.#bytes -= watched.bytes;
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #ring(ms: number): void {
    this.#cancel ??= this.#runtime.after(ms, () => this.#look());
  }

  /**
   * Cuts those who made no progress for too long. What is held may rise at first, as the system's part of it is seen
   * late; it gets less only when something is read.
   */
  #look(): void {
    this.#cancel = undefined;
    const now = this.#runtime.elapsed();
    let next = this.#limits.stall / LOOKS;
    for (const [subscriber, watched] of this.#watched) {
      const bytes = subscriber.sink.bufferedBytes;
      if (bytes < watched.bytes) watched.since = now;
      this.#bytes += bytes - watched.bytes;
      watched.bytes = bytes;
      const left = watched.since + this.#limits.stall - now;
      if (left <= 0) subscriber.close("stalled", "destroy");
      else next = Math.min(next, left);
    }
    if (this.#watched.size > 0) this.#ring(next);
  }

  #economize(): void {
    this.#economizing = false;
    if (this.#bytes <= this.#limits.bufferBudget) return;
    const furthestFirst = [...this.#watched.keys()].toSorted(
      (one, other) => one.position.offset - other.position.offset,
    );
    for (const subscriber of furthestFirst) {
      if (this.#bytes <= this.#limits.bufferBudget) return;
      subscriber.close("over-budget", "destroy");
      this.delete(subscriber);
    }
  }
}
