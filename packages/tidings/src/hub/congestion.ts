import type { Runtime } from "./runtime.ts";
import type { Subscriber } from "./subscriber.ts";

/** How much slowness a hub bears. */
export interface CongestionLimits {
  /** How long nothing may drain from a full sink, in milliseconds. */
  readonly stall: number;
  /** What full sinks may hold together, in bytes. */
  readonly bufferBudget: number;
}

interface Watched {
  /** When its sink filled, or was last seen to hold less than before. */
  readonly since: number;
  /** What its sink held then. */
  readonly bytes: number;
}

/**
 * Watches those whose sinks are full. Who makes no progress for too long is cut; when all together hold too much, the
 * one who is furthest behind is. They come back with their cursors, and the log has what they missed.
 */
export class Congestion {
  readonly #limits: CongestionLimits;
  readonly #runtime: Runtime;
  // In order of `since`: whoever is looked at anew goes to the end.
  readonly #watched = new Map<Subscriber, Watched>();
  #bytes = 0;
  #ringing = false;
  #checking = false;

  constructor(limits: CongestionLimits, runtime: Runtime) {
    this.#limits = limits;
    this.#runtime = runtime;
  }

  /** What full sinks hold, in bytes, as it was when each was looked at last. */
  get bytes(): number {
    return this.#bytes;
  }

  add(subscriber: Subscriber): void {
    this.delete(subscriber);
    const watched = { since: this.#runtime.elapsed(), bytes: subscriber.sink.bufferedBytes };
    this.#watched.set(subscriber, watched);
    this.#bytes += watched.bytes;
    if (!this.#ringing) this.#ring(this.#limits.stall);
    if (this.#bytes <= this.#limits.bufferBudget || this.#checking) return;
    // Not at once: this is called from inside a write.
    this.#checking = true;
    this.#runtime.defer(() => this.#economize());
  }

  delete(subscriber: Subscriber): void {
    const watched = this.#watched.get(subscriber);
    if (watched === undefined) return;
    this.#watched.delete(subscriber);
    this.#bytes -= watched.bytes;
  }

  #ring(ms: number): void {
    this.#ringing = true;
    this.#runtime.after(ms, () => this.#look());
  }

  /** Cuts those who made no progress since their time began, and gives the others a new one. */
  #look(): void {
    this.#ringing = false;
    const now = this.#runtime.elapsed();
    for (const [subscriber, { since, bytes }] of this.#watched) {
      const left = since + this.#limits.stall - now;
      if (left > 0) {
        if (!this.#ringing) this.#ring(left);
        return;
      }
      if (subscriber.sink.bufferedBytes < bytes) this.add(subscriber);
      else subscriber.close("stalled", "destroy");
    }
  }

  #economize(): void {
    this.#checking = false;
    while (this.#bytes > this.#limits.bufferBudget) {
      const [first, ...others] = this.#watched.keys();
      if (first === undefined) return;
      let furthest = first;
      for (const other of others) if (other.position.offset < furthest.position.offset) furthest = other;
      furthest.close("over-budget", "destroy");
      this.delete(furthest);
    }
  }
}
