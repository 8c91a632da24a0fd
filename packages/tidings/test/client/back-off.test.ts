import { describe, expect, test } from "vitest";

import { ClientError } from "../../src/client/error.ts";
import { BackOff, type RetryOptions } from "../../src/client/stream/back-off.ts";

const LOST = new ClientError("network", "lost");

/** The shortest and the longest that the next waits may be. */
function ranges(options: RetryOptions, announced?: number, count = 6): (readonly (number | undefined)[])[] {
  const [low, high] = [new BackOff(options, () => 0), new BackOff(options, () => 1)];
  if (announced !== undefined) low.announced = high.announced = announced;
  return Array.from({ length: count }, () => [low.next(LOST), high.next(LOST)]);
}

describe("the back-off", () => {
  test("draws between the floor and what doubles with each failure, up to the longest", () => {
    expect(ranges({ base: 1_000, min: 100, max: 10_000 })).toEqual([
      [100, 1_500],
      [100, 3_000],
      [100, 6_000],
      [100, 10_000],
      [100, 10_000],
      [100, 10_000],
    ]);
  });

  test("never comes sooner than the server asked for, nor than the floor", () => {
    expect(ranges({ min: 100, max: 10_000 }, 4_000, 3)).toEqual([
      [4_000, 6_000],
      [4_000, 10_000],
      [4_000, 10_000],
    ]);
    expect(ranges({ min: 100, max: 10_000 }, 0, 2)).toEqual([
      [100, 100],
      [100, 100],
    ]);
    expect(ranges({ max: 10_000 }, 60_000, 2)).toEqual([
      [60_000, 60_000],
      [60_000, 60_000],
    ]);
  });

  test("forgets failures once a stream has stood long enough, and not before", () => {
    const backOff = new BackOff({ base: 1_000, healthyAfter: 5_000 }, () => 1);
    expect([backOff.next(LOST), backOff.next(LOST)]).toEqual([1_500, 3_000]);
    backOff.recover(4_999);
    expect(backOff.next(LOST)).toBe(6_000);
    backOff.recover(5_000);
    expect(backOff.next(LOST)).toBe(1_500);
  });

  test("waits for as long as Retry-After says", () => {
    const busy = new ClientError("refused", "busy", { status: 503, retryAfter: 7_000 });
    const backOff = new BackOff({ base: 1_000, max: 10_000, retryable: () => true }, () => 1);
    expect([1, 2, 3, 4].map(() => backOff.next(busy))).toEqual([7_000, 7_000, 7_000, 10_000]);
  });

  test("gives up after so many failures in a row, if asked", () => {
    const backOff = new BackOff({ attempts: 2 }, () => 0);
    expect([1, 2, 3].map(() => backOff.next(LOST))).toEqual([250, 250, undefined]);
    backOff.recover(Infinity);
    expect(backOff.next(LOST)).toBe(250);
  });

  test("tries again what may pass, and asks who knows better", () => {
    const verdict = (error: ClientError, options: RetryOptions = {}): number | undefined =>
      new BackOff(options, () => 0).next(error);
    for (const code of ["headers", "network", "ended", "silent", "offline"] as const)
      expect(verdict(new ClientError(code, "")), code).toBe(250);
    for (const code of ["refused", "over", "not-a-stream", "not-http", "aborted", "event-too-large"] as const)
      expect(verdict(new ClientError(code, "")), code).toBeUndefined();
    const retryable = ({ status }: ClientError): boolean | number => (status === 401 ? 0 : status === 503);
    expect(verdict(new ClientError("refused", "", { status: 401 }), { retryable })).toBe(0);
    expect(verdict(new ClientError("refused", "", { status: 503 }), { retryable })).toBe(250);
    expect(verdict(LOST, { retryable })).toBeUndefined();
  });
});
