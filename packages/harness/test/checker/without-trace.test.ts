import { describe, expect, test } from "vitest";

import { cursor, LogBook } from "./log-book.ts";

/** Of a process that was watched from outside: the log itself has written nothing down. */
function outside(maxEvents?: number): LogBook {
  return new LogBook({ traced: false, maxEvents });
}

describe("without the log's own records", () => {
  test("what is acknowledged has to come", () => {
    expect(outside().open().published(3).events(1, 2, 3).violated()).toEqual([]);
    expect(outside().open().published(3).events(1, 3).violated()).toEqual(["I6"]);
    expect(outside().open().published(3).events(1, 2).violated()).toEqual(["I9"]);
  });

  test("two subscribers agree on what stands where, and what was not acknowledged may come", () => {
    const book = outside().open();
    book.call(1);
    book.call(2);
    const other = { subscriber: "other", connection: 1 };
    book.add({ kind: "connect", at: book.now(), topics: ["a"], ...other });
    book.frame("tidings:cursor", { ...other, id: cursor(0), retry: 1, data: '{"heartbeat":1}' });
    book.frame("tidings:live", { ...other, id: cursor(0), data: "" }).events(1);
    expect(book.frame("message", { ...other, id: cursor(1), payload: "message 1", topics: ["a"] }).violated()).toEqual(
      [],
    );
    book.frame("message", { ...other, id: cursor(2), payload: "message 1", topics: ["a"] });
    expect(book.event(cursor(2), "message 2").violated()).toEqual(["I2"]);
  });

  test("a gap is no wider than the retention by count allows", () => {
    const away = (through: number): string[] => {
      const book = outside(100)
        .open()
        .published(300)
        .events(1)
        .connect({ cursor: cursor(1) })
        .opening()
        .gap(1, through);
      for (let offset = through + 1; offset <= 300; offset++) book.events(offset);
      return book.live(300).violated();
    };
    expect([away(200), away(250)]).toEqual([[], ["I8"]]);
  });

  test("a reset is honest where the epoch is another one", () => {
    const book = (epoch: string): LogBook => {
      const begun = outside().open().published(1).events(1);
      if (epoch !== "e") begun.ok(begun.call(2), cursor(1, epoch));
      return begun
        .connect({ cursor: cursor(1) })
        .opening()
        .reset(cursor(0, epoch));
    };
    const told = book("f").event(cursor(1, "f"), "message 2");
    expect(told.frame("tidings:live", { id: cursor(1, "f"), data: "" }).violated()).toEqual([]);
    expect(book("e").events(1).live(1).violated()).toEqual(["I8"]);
  });

  test("what a durable log has delivered it still has at the end, and no one is reset", () => {
    const delivered = (dumped: readonly number[]): LogBook => {
      const book = new LogBook({ traced: false, durable: true }).open().published(2);
      book.call(3);
      book.events(1, 2, 3);
      for (const offset of dumped) {
        book.add({ kind: "entry", cursor: cursor(offset), topics: ["a"], payload: `message ${offset}` });
      }
      return book;
    };
    expect(delivered([1, 2, 3]).violated()).toEqual([]);
    expect(delivered([1, 2]).violated()).toEqual(["I2"]);
    const reset = delivered([1, 2, 3])
      .connect({ cursor: cursor(3, "g") })
      .opening()
      .reset(cursor(3));
    expect(reset.live(3).violated()).toEqual(["I8"]);
  });
});
