import { describe, expect, test } from "vitest";

import { cursor, LogBook } from "./log-book.ts";

describe("what a publisher was answered", () => {
  test("is in order when each key is there once, whatever was unknown meanwhile", () => {
    const book = new LogBook();
    const attempt = book.call(1, ["a"], "message 1", "k");
    book.appended(cursor(1));
    book.add({ kind: "answer", at: book.now(), publisher: "p", attempt, outcome: "unknown", code: "log-failed" });
    book.ok(book.call(1, ["a"], "message 1", "k"), cursor(1), true);
    expect(book.end()).toMatchObject({ violations: [], published: { acknowledged: 0, duplicates: 1, unknown: 1 } });
  });

  test("is a key that was appended twice, within the dedupe window", () => {
    const twice = (window: number): string[] => {
      const book = new LogBook({ dedupeWindow: window });
      for (const offset of [1, 2]) {
        book.ok(book.call(1, ["a"], "message 1", "k"), cursor(offset));
        book.appended(cursor(offset), ["a"], "message 1");
      }
      return book.violated();
    };
    expect([twice(1_000), twice(2)]).toEqual([["I3"], []]);
  });

  test("is another event's place", () => {
    const book = new LogBook().published(1);
    expect(book.ok(book.call(2), cursor(1)).violated()).toEqual(["I2"]);
  });

  test("is a place that the log does not have", () => {
    const book = new LogBook();
    expect(book.ok(book.call(1), cursor(1)).violated()).toEqual(["I1"]);
  });

  test("is not in a durable log, after a kill", () => {
    const kept = (...offsets: number[]): string[] => {
      const book = new LogBook({ traced: false, durable: true }).published(3);
      for (const offset of offsets) {
        book.add({ kind: "entry", cursor: cursor(offset), topics: ["a"], payload: `message ${offset}` });
      }
      return book.violated();
    };
    expect([kept(1, 2, 3), kept(1, 2), kept(1, 3)]).toEqual([[], ["I7"], ["I7"]]);
  });

  test("is of another history of a log that is durable", () => {
    const restarted = (durable: boolean): string[] => {
      const book = new LogBook({ traced: false, durable });
      book.ok(book.call(1), cursor(1)).ok(book.call(2), cursor(1, "f"));
      return book.violated();
    };
    expect([restarted(false), restarted(true)]).toEqual([[], ["I7"]]);
  });

  test("is in the log where it was refused", () => {
    const book = new LogBook();
    const attempt = book.call(1);
    book.appended(cursor(1)).add({ kind: "answer", at: book.now(), publisher: "p", attempt, outcome: "fail" });
    expect(book.violated()).toEqual(["I1"]);
  });

  test("follows what was called after it was acknowledged", () => {
    const book = new LogBook();
    const [first, second] = [book.call(1), 2];
    book.ok(first, cursor(2)).call(second);
    book.ok(second, cursor(1)).appended(cursor(1), ["a"], "message 2").appended(cursor(2), ["a"], "message 1");
    expect(book.violated()).toEqual(["I5"]);
  });

  test("is a batch that does not stand together", () => {
    const book = new LogBook();
    const events = [1, 2].map((seq) => ({ seq, topics: ["a"], payload: `message ${seq}` }));
    book.add({ kind: "invoke", at: book.now(), publisher: "q", attempt: 1, events });
    book.call(3);
    book.appended(cursor(1)).appended(cursor(2), ["a"], "message 3").appended(cursor(3), ["a"], "message 2");
    const answered = [{ id: cursor(1) }, { id: cursor(3) }];
    book.add({ kind: "answer", at: book.now(), publisher: "q", attempt: 1, outcome: "ok", events: answered });
    expect(book.violated()).toEqual(["I5"]);
  });
});

describe("the log", () => {
  test("lacks in the end what was acknowledged", () => {
    const dumped = (...offsets: number[]): string[] => {
      const book = new LogBook({ traced: false }).published(3);
      for (const offset of offsets) {
        book.add({ kind: "entry", cursor: cursor(offset), topics: ["a"], payload: `message ${offset}` });
      }
      return book.violated();
    };
    // Retention may have taken the oldest.
    expect([dumped(2, 3), dumped(1, 3)]).toEqual([[], ["I7"]]);
  });

  test("has another event than publishers were told", () => {
    const book = new LogBook({ traced: false }).published(2);
    book.add({ kind: "entry", cursor: cursor(2), topics: ["a"], payload: "message 1" });
    expect(book.violated()).toContain("I2");
  });

  test("begins a new history under an epoch that was there", () => {
    const book = new LogBook().published(1);
    book.add({ kind: "history", at: book.now(), cause: "restarted", epoch: "e", offset: 0 });
    expect(book.violated()).toEqual(["I2"]);
  });
});

describe("a run", () => {
  test("breaks inside, or keeps those who have left", () => {
    expect(new LogBook().add({ kind: "error", at: 1, what: "TypeError" }).violated()).toEqual(["I17"]);
    expect(new LogBook().add({ kind: "stats", at: 1, subscribers: 0, topics: 0 }).violated()).toEqual([]);
    expect(new LogBook().add({ kind: "stats", at: 1, subscribers: 0, topics: 2 }).violated()).toEqual(["I17"]);
  });
});
