import { expect, test } from "vitest";
import { DedupeWindow } from "../../src/hub/log/dedupe-window.ts";

const KEYS = 100_000;

test("a key costs the same when as many are known as may be", () => {
  const window = new DedupeWindow(Infinity, KEYS);
  let keys = 0;
  /** What so many more keys take of the processor, in microseconds. */
  const costOf = (more: number): number => {
    const begun = process.cpuUsage();
    for (const end = keys + more; keys < end; keys++) {
      window.expire(keys);
      window.remember({ id: `${keys}`, payload: "p" }, { epoch: "e", offset: keys, tag: 1 }, keys);
    }
    const { user, system } = process.cpuUsage(begun);
    return user + system;
  };
  const filling = costOf(KEYS);
  expect(costOf(KEYS)).toBeLessThan(8 * filling);
  window.expire(keys);
  expect(window.get("99999")).toBeUndefined();
  expect(window.get("100000")).toMatchObject({ offset: 100_000 });
});
