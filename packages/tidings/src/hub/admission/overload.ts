import { milliseconds, type Duration } from "../duration.ts";
import { HubError } from "../error.ts";
import type { Runtime } from "../runtime.ts";

/** When a hub takes no new streams because its event loop is late. */
export interface Shedding {
  /** What the 99th percentile of the event loop's delay is above, second by second. 250 ms by default. */
  readonly delay?: Duration;
  /** For how long. 5 s by default. As long it must be below half of that, before streams are taken again. */
  readonly after?: Duration;
}

/** Shedding that passed the checks, in milliseconds. */
export interface SheddingTimes {
  readonly delay: number;
  readonly after: number;
}

/** Into how many windows the time is divided: each of them must be bad, so that one long pause is no overload. */
const WINDOWS = 5;
/** How much more often than the delay the event loop is looked at. What is shorter than a look is not seen. */
const LOOKS = 5;
/** The share of moments that may wait longer than the 99th percentile. */
const TAIL = 0.01;

/**
 * Checks when to shed.
 *
 * @throws HubError `bad-option`
 */
export function checkShedding(shedding: Shedding | false): SheddingTimes | undefined {
  if (shedding === false) return undefined;
  const delay = milliseconds(shedding.delay ?? 250, "shed.delay");
  const after = milliseconds(shedding.after ?? "5s", "shed.after");
  if (delay < LOOKS) throw new HubError("bad-option", `shed.delay is at least ${LOOKS} ms`);
  if (after < delay) throw new HubError("bad-option", "shed.after is at least shed.delay");
  return { delay, after };
}

/**
 * Whether the event loop is overloaded: what comes in waits too long, and has done so for some time.
 *
 * A timer that rings `late` ms after its time tells that whatever came in meanwhile waited, too: what came first for all
 * of `late`, what came last for nothing. So during `late - delay` ms everything that came waited longer than `delay`, and
 * the 99th percentile of the delay is above `delay` if these are more than one in a hundred milliseconds of a window.
 * That needs one sum, and no histogram. One timer, which runs while there is a stream.
 */
export class Overload {
  readonly #times: SheddingTimes;
  readonly #runtime: Runtime;
  readonly #isNeeded: () => boolean;
  #cancel: (() => void) | undefined;
  #isOverloaded = false;
  /** When the window began, and in how many milliseconds of it everything that came waited too long. */
  #begun = 0;
  #late = 0;
  /** Windows in a row that spoke against what is held now. */
  #streak = 0;

  /** @param isNeeded whether it is to go on: asked at every look */
  constructor(times: SheddingTimes, runtime: Runtime, isNeeded: () => boolean) {
    this.#times = times;
    this.#runtime = runtime;
    this.#isNeeded = isNeeded;
  }

  get isOverloaded(): boolean {
    return this.#isOverloaded;
  }

  /** Begins to look, unless it does. */
  start(): void {
    if (this.#cancel !== undefined) return;
    this.#begun = this.#runtime.elapsed();
    this.#late = this.#streak = 0;
    this.#wait(this.#begun);
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #wait(now: number): void {
    const due = now + this.#times.delay / LOOKS;
    this.#cancel = this.#runtime.after(due - now, () => this.#look(due));
  }

  #look(due: number): void {
    const { delay, after } = this.#times;
    const now = this.#runtime.elapsed();
    this.#late += Math.max(0, now - due - (this.#isOverloaded ? delay / 2 : delay));
    const length = now - this.#begun;
    if (length >= after / WINDOWS) {
      this.#judge(this.#late > length * TAIL);
      this.#begun = now;
      this.#late = 0;
    }
    this.#cancel = undefined;
    if (this.#isOverloaded || this.#isNeeded()) this.#wait(now);
  }

  #judge(isBad: boolean): void {
    this.#streak = isBad === this.#isOverloaded ? 0 : this.#streak + 1;
    if (this.#streak < WINDOWS) return;
    this.#isOverloaded = isBad;
    this.#streak = 0;
  }
}
