import type { ClientError } from "../error.ts";

/** When to connect again. All times in ms. */
export interface RetryOptions {
  /** The reconnection time as long as the server names none. Default 2,000. */
  readonly base?: number | undefined;
  /** No wait is shorter, whatever the server says. Default 250. */
  readonly min?: number | undefined;
  /** Back-off makes no wait longer; the server may. Default 30,000. */
  readonly max?: number | undefined;
  /** How long a stream has to stand for what failed before it not to count any more. Default 10,000. */
  readonly healthyAfter?: number | undefined;
  /** How many attempts in a row may fail before it is given up. Not counted while the system is offline. Default: no limit. */
  readonly attempts?: number | undefined;
  /**
   * Whether another attempt may do better: yes (after the back-off), after so many ms, or no. Default: yes, unless there
   * was a response that the standard says is the end (any status but 200, another type), or an event was too large.
   */
  readonly retryable?: ((error: ClientError) => boolean | number) | undefined;
}

/** Counts what failed, and says how long to wait. */
export class BackOff {
  readonly #options: RetryOptions;
  readonly #random: () => number;
  #failures = 0;
  /** What the server's `retry:` said. */
  announced: number | undefined;

  constructor(options: RetryOptions, random: () => number) {
    this.#options = options;
    this.#random = random;
  }

  /** The standard's "reconnection time". */
  get reconnectionTime(): number {
    return this.announced ?? this.#options.base ?? 2_000;
  }

  /** Whether a stream that stood so long makes up for what failed before. */
  recover(stood: number): void {
    if (stood >= (this.#options.healthyAfter ?? 10_000)) this.#failures = 0;
  }

  /**
   * Full jitter between the floor and a ceiling that doubles with each failure in a row. The floor is what the server
   * asked for, since the standard lets a client wait longer and never shorter; the ceiling starts half as high again.
   */
  next(error: ClientError): number | undefined {
    const { min = 250, max = 30_000, attempts = Infinity, retryable = isPassing } = this.#options;
    const again = retryable(error);
    if (again === false || (this.#failures >= attempts && globalThis.navigator?.onLine !== false)) return undefined;
    const floor = Math.max(this.announced ?? 0, min);
    const ceiling = Math.max(floor, Math.min(max, this.reconnectionTime * 1.5 * 2 ** this.#failures++));
    const drawn = floor + this.#random() * (ceiling - floor);
    return again === true ? Math.max(drawn, error.retryAfter ?? 0) : again;
  }
}

/** What may pass by itself. */
export function isPassing({ code }: ClientError): boolean {
  return ["headers", "network", "ended", "silent", "offline"].includes(code);
}
