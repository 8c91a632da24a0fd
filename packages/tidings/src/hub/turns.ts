import { Queue } from "./log/queue.ts";
import type { Runtime } from "./runtime.ts";

/** For how long pages are read and written before the event loop does everything else, in milliseconds. */
const SLICE_MS = 2;
/** How long replays stand back for live events at most, in milliseconds: then it is their turn all the same. */
const PATIENCE_MS = 20;

/** Who waits for a turn. */
export interface Waiting {
  /** Wants it no more. */
  readonly closed: boolean;
}

interface Place {
  readonly who: Waiting;
  readonly begin: (granted: boolean) => void;
}

/**
 * Shares out the reading of pages, round robin: a page each, and then to the end of the line; so many at a time, and in
 * slices of a few milliseconds with a turn of the event loop between them. While live events are being written, replays
 * stand back.
 */
export class Turns {
  readonly #runtime: Runtime;
  readonly #most: number;
  readonly #line = new Queue<Place>();
  #running = 0;
  readonly #isLiveBusy: () => boolean;
  #scheduled = false;
  #sliceEnd = 0;

  /**
   * @param most pages that are being read at a time
   * @param isLiveBusy whether live events are being written
   */
  constructor(runtime: Runtime, most: number, isLiveBusy: () => boolean) {
    this.#runtime = runtime;
    this.#most = most;
    this.#isLiveBusy = isLiveBusy;
  }

  /** Resolves when it is one's turn: then `done` is to be called after the page. `false` for who has closed meanwhile. */
  next(who: Waiting): Promise<boolean> {
    return new Promise((begin) => {
      this.#line.push({ who, begin });
      this.#schedule();
    });
  }

  /** The page was read and written. */
  done(): void {
    this.#running--;
    if (this.#runtime.elapsed() < this.#sliceEnd) this.#begin();
    else this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled || this.#line.length === 0 || this.#running >= this.#most) return;
    this.#scheduled = true;
    this.#runtime.defer(() => this.#beginSlice());
  }

  #beginSlice(): void {
    const now = this.#runtime.elapsed();
    if (this.#isLiveBusy() && now < this.#sliceEnd + PATIENCE_MS) {
      this.#runtime.defer(() => this.#beginSlice());
      return;
    }
    this.#scheduled = false;
    this.#sliceEnd = now + SLICE_MS;
    this.#begin();
  }

  #begin(): void {
    for (let next = this.#line.shift(); next !== undefined; next = this.#line.shift()) {
      const granted = !next.who.closed;
      if (granted) this.#running++;
      next.begin(granted);
      if (granted) break;
    }
    // A log may take its time to answer: meanwhile others begin.
    this.#schedule();
  }
}
