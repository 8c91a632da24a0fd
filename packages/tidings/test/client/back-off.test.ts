import { describe, expect, test } from "vitest";

import { ClientError } from "../../src/client/error.ts";
import { type RetryOptions, waitAfter } from "../../src/client/stream/back-off.ts";

const LOST = new ClientError("network", "lost");

/** The shortest and the longest that the next waits may be. */
function ranges(options: RetryOptions, announced?: number, count = 6): (readonly (number | undefined)[])[] {
  return Array.from({ length: count }, (_, failures) =>
    [0, 1].map((random) => waitAfter(LOST, failures, announced, random, options)),
  );
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
    expect(waitAfter(LOST, 0, undefined, 0.5, { base: 1_000, min: 100 })).toBe(800);
    expect(waitAfter(LOST, 2_000, undefined, 1, {})).toBe(30_000);
  });

  test("never comes sooner than the server asked for, nor than the floor", () => {
    expect(ranges({ min: 100, max: 10_000 }, 4_000, 3)).toEqual([
      [4_000, 6_000],
      [4_000, 10_000],
      [4_000, 10_000],
    ]);
    expect(ranges({ max: 10_000 }, 60_000, 2)).toEqual([
      [60_000, 60_000],
      [60_000, 60_000],
    ]);
  });

  test("grows from the floor where the server asked for none, and goes on however often it failed", () => {
    const grown = [
      [100, 150],
      [100, 300],
      [100, 600],
    ];
    expect(ranges({ min: 100, max: 10_000 }, 0, 3)).toEqual(grown);
    expect(ranges({ base: 0, min: 100, max: 10_000 }, undefined, 3)).toEqual(grown);
    for (const failures of [1_023, 1_024, 1e6]) {
      expect(waitAfter(LOST, failures, 0, 1, {})).toBe(30_000);
      expect(waitAfter(LOST, failures, undefined, 1, { base: 0, min: 0 })).toBe(0);
    }
  });

  test("waits for as long as Retry-After says", () => {
    const busy = new ClientError("refused", "busy", { status: 503, retryAfter: 7_000 });
    const options = { base: 1_000, max: 10_000, retryable: () => true };
    expect([0, 1, 2, 3].map((failures) => waitAfter(busy, failures, undefined, 1, options))).toEqual([
      7_000, 7_000, 7_000, 10_000,
    ]);
  });

  test("gives up after so many failures in a row, if asked", () => {
    expect([0, 1, 2].map((failures) => waitAfter(LOST, failures, undefined, 0, { attempts: 2 }))).toEqual([
      250,
      250,
      undefined,
    ]);
  });

  test("tries again what may pass, and asks who knows better", () => {
    const verdict = (error: ClientError, options: RetryOptions = {}): number | undefined =>
      waitAfter(error, 0, undefined, 0, options);
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
