import type { Runtime } from "../runtime.ts";
import { inSlices } from "../slices.ts";

/** A stream that does not live for ever. */
export interface Mortal {
  /** The sweep of `Lifetimes` at which it ends. A small whole number: it costs a stream no more than its place. */
  expires: number;
  /** Ends it gently, or puts it off until the next sweep. */
  expire(): void;
}

/** How much shorter or longer than configured one lifetime may be, as a share: those who came together go one by one. */
const JITTER = 0.2;
/** How often in a lifetime it is looked who is to go; and how seldom at the most, in milliseconds. */
const SWEEPS = 50;
const LONGEST_PAUSE = 1_000;

/** Ends streams when their lifetime is over. One timer for all, which runs while there is a stream. */
export class Lifetimes {
  readonly #pause: number;
  readonly #lifetime: number;
  readonly #runtime: Runtime;
  readonly #streams: ReadonlySet<Mortal>;
  #cancel: (() => void) | undefined;

  /** @param lifetime in milliseconds */
  constructor(lifetime: number, runtime: Runtime, streams: ReadonlySet<Mortal>) {
    this.#lifetime = lifetime;
    this.#pause = Math.min(LONGEST_PAUSE, lifetime / SWEEPS);
    this.#runtime = runtime;
    this.#streams = streams;
  }

  /** A stream begins to live. */
  begin(stream: Mortal): void {
    const share = 1 - JITTER + this.#runtime.random() * 2 * JITTER;
    stream.expires = this.#sweepAt(this.#runtime.elapsed() + this.#lifetime * share);
    this.#start();
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #sweepAt(elapsed: number): number {
    return Math.floor(elapsed / this.#pause);
  }

  #start(): void {
    this.#cancel ??= this.#runtime.after(this.#pause, () => this.#sweep());
  }

  #sweep(): void {
    this.#cancel = undefined;
    const sweep = this.#sweepAt(this.#runtime.elapsed());
    const due: Mortal[] = [];
    for (const stream of this.#streams) if (stream.expires <= sweep) due.push(stream);
    // Who is found again, because it is not gone yet, is only asked again.
    inSlices(
      this.#runtime,
      due,
      (stream) => stream.expire(),
      () => undefined,
    );
    if (this.#streams.size > 0) this.#start();
  }
}
