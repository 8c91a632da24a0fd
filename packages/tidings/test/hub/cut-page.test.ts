import { expect, test } from "vitest";

import { cutPage } from "../../src/hub/changes/cut-page.ts";
import type { Entry, Page, Position, Range } from "../../src/hub/log/log.ts";

function at(offset: number, epoch = "e"): Position {
  return { epoch, offset, tag: offset * 7 };
}

function entry(offset: number): Entry {
  const { tag } = at(offset);
  const draft = { topics: ["a"], event: undefined, data: "", key: undefined, private: false, audience: undefined };
  return { version: 1, offset, tag, time: 0, ...draft };
}

function page(from: number, through: number, corrupt: readonly Range[] = []): Page {
  const isLost = (offset: number): boolean =>
    corrupt.some((range) => range.after.offset < offset && offset <= range.through.offset);
  const offsets = Array.from({ length: through - from }, (_, n) => from + n + 1).filter((offset) => !isLost(offset));
  return { entries: offsets.map(entry), through: at(through), evictedThrough: at(0), corrupt };
}

function shape(found: Page | undefined): unknown {
  return found && { offsets: found.entries.map(({ offset }) => offset), through: found.through.offset };
}

test("a page that a change is not inside of is taken whole", () => {
  const whole = page(2, 5);
  expect(cutPage(whole, 2, at(5))).toBe(whole);
  expect(cutPage(whole, 2, at(9))).toBe(whole);
  expect(cutPage(whole, 2, at(4, "another"))).toBe(whole);
  // It is behind what retention took, which the stream is told of first.
  expect(cutPage({ ...whole, evictedThrough: at(4) }, 4, at(4))).toEqual({ ...whole, evictedThrough: at(4) });
});

test("a page ends at the change inside of it", () => {
  expect(shape(cutPage(page(2, 9), 2, at(6)))).toEqual({ offsets: [3, 4, 5, 6], through: 6 });
  expect(cutPage(page(2, 9), 2, at(6))?.through).toEqual(at(6));
  const later = page(2, 9, [{ after: at(6), through: at(8) }]);
  expect(cutPage(later, 2, at(6))?.corrupt).toEqual([]);
  const before = page(2, 9, [{ after: at(3), through: at(5) }]);
  expect(shape(cutPage(before, 2, at(6)))).toEqual({ offsets: [3, 6], through: 6 });
  expect(cutPage(before, 2, at(6))?.corrupt).toEqual(before.corrupt);
});

test("a page with a change in what cannot be read ends after that", () => {
  for (const change of [4, 5, 7]) {
    const found = page(2, 9, [{ after: at(3), through: at(7) }]);
    expect(shape(cutPage(found, 2, at(change)))).toEqual({ offsets: [3], through: 7 });
    expect(cutPage(found, 2, at(change))?.corrupt).toEqual(found.corrupt);
  }
});

test("a page of a log that has something else in the place of a change is not taken", () => {
  expect(cutPage(page(2, 9), 2, { ...at(6), tag: 1 })).toBeUndefined();
  expect(cutPage({ ...page(2, 9), entries: [] }, 2, at(6))).toBeUndefined();
});
