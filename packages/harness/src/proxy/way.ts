import type { Socket } from "node:net";

import type { Chance } from "../chance.ts";
import { NO_FAULTS, type WayFaults } from "./faults.ts";

/** So much waits in the proxy before it stops reading: the rest stays with the sender, as on a slow line. */
const MOST_WAITING = 65_536;

/** One direction of a connection: bytes from one socket to another, late, in pieces, or not at all. */
export class Way {
  readonly #from: Socket;
  readonly #to: Socket;
  #faults: WayFaults;
  readonly #chance: Chance;
  readonly #onCut: () => void;
  #waiting: { readonly bytes: Buffer; readonly due: number }[] = [];
  #length = 0;
  #timer: NodeJS.Timeout | undefined;
  #held = false;
  #blackholed = false;
  #ended = false;
  /** Bytes that went on. */
  passed = 0;

  constructor(from: Socket, to: Socket, faults: WayFaults, chance: Chance, onCut: () => void) {
    this.#from = from;
    this.#to = to;
    this.#faults = faults;
    this.#chance = chance;
    this.#onCut = onCut;
    from.on("data", (bytes: Buffer) => this.#take(bytes));
    from.on("end", () => {
      this.#ended = true;
      this.#go();
    });
    to.on("drain", () => this.#go());
  }

  /** Nothing more goes on until `release`, and the sender feels it. */
  hold(): void {
    this.#held = true;
    this.#from.pause();
  }

  release(): void {
    this.#held = false;
    this.#from.resume();
    this.#go();
  }

  /** Nothing happens to its bytes any more: what waits goes on at once. */
  heal(): void {
    this.#faults = NO_FAULTS;
    this.#waiting = this.#waiting.map(({ bytes }) => ({ bytes, due: 0 }));
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.release();
  }

  /** From here on everything is read and thrown away: the sender does not notice. Neither end hears that the other ends. */
  blackhole(): void {
    this.#blackholed = true;
    this.#waiting = [];
    this.#length = 0;
    this.#from.resume();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#waiting = [];
  }

  #take(bytes: Buffer): void {
    if (this.#blackholed) return;
    const { latency, jitter, slice } = this.#faults;
    for (let at = 0; at < bytes.length;) {
      const size = slice === 0 ? bytes.length : this.#chance.between(1, slice);
      const piece = bytes.subarray(at, at + size);
      // In order, whatever the jitter says.
      const due = Math.max(
        this.#waiting.at(-1)?.due ?? 0,
        performance.now() + latency + this.#chance.random() * jitter,
      );
      this.#waiting.push({ bytes: piece, due });
      this.#length += piece.length;
      at += piece.length;
    }
    if (this.#length > MOST_WAITING) this.#from.pause();
    this.#go();
  }

  #go(): void {
    if (this.#held || this.#blackholed) return;
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const wait = next.due - performance.now();
      if (wait > 0) return this.#wake(wait);
      if (this.#to.writableNeedDrain) return;
      this.#waiting.shift();
      this.#length -= next.bytes.length;
      if (!this.#pass(next.bytes)) return;
      // A piece of its own for the receiver, too.
      if (this.#faults.slice > 0) return this.#wake(0);
    }
    if (this.#ended) this.#to.end();
    else if (this.#length < MOST_WAITING) this.#from.resume();
  }

  #wake(ms: number): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#go();
    }, ms);
  }

  /** Whether the connection goes on. */
  #pass(bytes: Buffer): boolean {
    const { cutAfter } = this.#faults;
    const left = cutAfter === undefined ? Infinity : cutAfter - this.passed;
    const part = bytes.length <= left ? bytes : bytes.subarray(0, left);
    this.passed += part.length;
    if (part.length > 0) this.#to.write(part);
    if (part.length === bytes.length) return true;
    this.#onCut();
    return false;
  }
}
