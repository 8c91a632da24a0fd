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
  /** How many attempts are made after a loss before it is given up; more while the system is offline. Default: no limit. */
  readonly attempts?: number | undefined;
  /**
   * Whether another attempt may do better: yes (after the back-off), after so many ms, or no. Default: yes, unless there
   * was a response that the standard says is the end (any status but 200, another type), or an event was too large.
   */
  readonly retryable?: ((error: ClientError) => boolean | number) | undefined;
}

/** The reconnection time of who was told none. */
export const DEFAULT_TIME = 2_000;

/**
 * How long to wait before the next attempt: full jitter between the floor and a ceiling that doubles with each failure in
 * a row. The floor is what the server asked for, since the standard lets a client wait longer and never shorter; the
 * ceiling starts half as high again. Undefined: there is no next attempt.
 *
 * @param failures in a row, before this one
 * @param announced what the server's `retry:` said, if it did
 * @param random from 0 to 1
 */
export function waitAfter(
  error: ClientError,
  failures: number,
  announced: number | undefined,
  random: number,
  options: RetryOptions,
): number | undefined {
  const { base = DEFAULT_TIME, min = 250, max = 30_000, attempts = Infinity, retryable = isPassing } = options;
  const again = retryable(error);
  const isOnline = (globalThis.navigator as Navigator | undefined)?.onLine !== false;
  if (again === false || (failures >= attempts && isOnline)) return undefined;
  const floor = Math.max(announced ?? 0, min);
  const ceiling = Math.max(floor, Math.min(max, Math.max(announced ?? base, min) * 1.5 * 2 ** Math.min(failures, 30)));
  return again === true ? Math.max(floor + random * (ceiling - floor), error.retryAfter ?? 0) : again;
}

/** What may pass by itself. */
export function isPassing({ code }: ClientError): boolean {
  return ["headers", "network", "ended", "silent", "offline"].includes(code);
}
