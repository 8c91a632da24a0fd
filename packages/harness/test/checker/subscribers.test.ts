import { describe, expect, test } from "vitest";

import { cursor, LogBook } from "./log-book.ts";

describe("what a subscriber received", () => {
  test("is in order when it is everything, once, over several connections", () => {
    const book = new LogBook().open().published(5).events(1, 2, 3);
    book
      .connect({ cursor: cursor(3) })
      .opening(cursor(3))
      .events(4, 5)
      .live(5)
      .heartbeat(5);
    expect(book.end()).toMatchObject({ violations: [], received: { delivered: 5, connections: 2 } });
  });

  test("lacks an event that nobody confessed", () => {
    expect(new LogBook().open().published(3).events(1, 3).violated()).toEqual(["I6"]);
    expect(new LogBook().open().published(3).events(1, 2).heartbeat(3).violated()).toEqual(["I6"]);
    const book = new LogBook().open().published(3).events(1);
    expect(
      book
        .connect({ cursor: cursor(1) })
        .opening(cursor(1))
        .live(3)
        .violated(),
    ).toEqual(["I6"]);
  });

  test("lacks nothing that it did not ask for", () => {
    const book = new LogBook().open(0, { topics: ["b/*", "c"] });
    book.published(2, ["a"]).published(3, ["b/x"], 3).published(4, ["c"], 4).published(5, ["b/x/y"], 5);
    book.event(cursor(3), "message 3", ["b/x"]).event(cursor(4), "message 4", ["c"]).heartbeat(5);
    expect(book.violated()).toEqual([]);
    expect(book.event(cursor(5), "message 5", ["b/x/y"]).violated()).toContain("I10");
  });

  test("is told twice, out of order, or after its position", () => {
    expect(new LogBook().open().published(2).events(1, 2, 2).violated()).toEqual(["I4"]);
    expect(new LogBook().open().published(2).events(2, 1).violated()).toEqual(["I6", "I4"]);
    expect(new LogBook().open().published(2).events(1).heartbeat(2).events(2).violated()).toEqual(["I6", "I4"]);
    const again = new LogBook().open().published(2).events(1, 2);
    expect(
      again
        .connect({ cursor: cursor(2) })
        .opening(cursor(2))
        .events(2)
        .live(2)
        .violated(),
    ).toEqual(["I4"]);
  });

  test("was never published, or refused, or is another event than the log has", () => {
    expect(new LogBook().open().published(1).event(cursor(1), "message other").violated()).toEqual(["I1", "I2"]);
    const refused = new LogBook().open();
    const attempt = refused.call(1);
    refused.add({ kind: "answer", at: refused.now(), publisher: "p", attempt, outcome: "fail" });
    expect(refused.appended(cursor(1)).events(1).violated()).toEqual(["I1"]);
    expect(new LogBook().open().published(2).event(cursor(1), "message 2").events(2).violated()).toEqual(["I2"]);
    expect(new LogBook().open().published(1).event("e-1-forged", "message 1").violated()).toContain("I2");
  });

  test("does not go back", () => {
    expect(new LogBook().open().published(2).events(1, 2).heartbeat(1).violated()).toEqual(["I14"]);
    const book = new LogBook()
      .open()
      .published(2)
      .events(1, 2)
      .connect({ cursor: cursor(2) });
    expect(book.opening(cursor(1)).live(2).violated()).toEqual(["I14"]);
  });

  test("has to be at the head in the end", () => {
    expect(new LogBook().open().published(2).events(1).violated()).toEqual(["I9"]);
    expect(new LogBook().connect().opening(cursor(0)).violated()).toEqual(["I9"]);
    const gone = new LogBook().open().published(2).events(1);
    expect(gone.add({ kind: "leave", at: gone.now(), subscriber: "s" }).violated()).toEqual([]);
  });
});

describe("a gap", () => {
  const away = (): LogBook =>
    new LogBook()
      .open()
      .published(4)
      .events(1)
      .evicted(3)
      .connect({ cursor: cursor(1) })
      .opening();

  test("confesses what retention took", () => {
    const verdict = away().gap(1, 3).events(4).live(4).end();
    expect(verdict).toMatchObject({ violations: [], received: { gaps: { evicted: 1 } } });
  });

  test("is missing", () => {
    expect(away().events(4).live(4).violated()).toEqual(["I6"]);
  });

  test("is too wide, too narrow, or of what was received", () => {
    expect(away().gap(1, 4).live(4).violated()).toEqual(["I8"]);
    expect(away().gap(1, 2).events(4).live(4).violated()).toEqual(["I6"]);
    expect(away().gap(0, 3).events(4).live(4).violated()).toEqual(["I8", "I14"]);
    expect(away().gap(2, 3).events(4).live(4).violated()).toEqual(["I6"]);
  });

  test("carries the position just before what follows", () => {
    expect(away().gap(1, 3, 2).events(4).live(4).violated()).toEqual(["I16"]);
    expect(away().frame("tidings:gap", { data: "{}" }).violated()).toContain("I16");
  });

  test("comes without need, while the log has everything", () => {
    const book = new LogBook()
      .open()
      .published(4)
      .events(1)
      .connect({ cursor: cursor(1) })
      .opening();
    expect(book.gap(1, 3).events(4).live(4).violated()).toEqual(["I8"]);
  });

  test("for what was skipped stands with the newest of each topic, for who asked for that", () => {
    const book = (policy?: "latest"): LogBook => {
      const open = new LogBook().open(0, { topics: ["a", "b"], policy });
      return open.published(2).published(3, ["b"], 3).gap(0, 3, "none", "skipped");
    };
    const newest = (offset: number, topic: string): [string, object] => [
      "message",
      { cursor: cursor(offset), payload: `message ${offset}`, topics: [topic] },
    ];
    const good = book("latest")
      .frame(...newest(2, "a"))
      .frame(...newest(3, "b"))
      .heartbeat(3);
    expect(good.end()).toMatchObject({ violations: [], received: { gaps: { skipped: 1 }, snapshots: 2 } });
    expect(
      book("latest")
        .frame(...newest(3, "b"))
        .heartbeat(3)
        .violated(),
    ).toEqual(["I6"]);
    expect(
      book("latest")
        .frame(...newest(1, "a"))
        .frame(...newest(2, "a"))
        .heartbeat(3)
        .violated(),
    ).toEqual(["I6"]);
    expect(
      book()
        .frame(...newest(2, "a"))
        .frame(...newest(3, "b"))
        .heartbeat(3)
        .violated(),
    ).toEqual(["I8"]);
  });
});

describe("a reset", () => {
  const lost = (): LogBook => {
    const book = new LogBook().open().published(2).events(1, 2);
    book.add({ kind: "history", at: book.now(), cause: "restarted", epoch: "f", offset: 0 });
    const attempt = book.call(3);
    book.appended(cursor(1, "f"), ["a"], "message 3").ok(attempt, cursor(1, "f"));
    return book.connect({ cursor: cursor(2) });
  };

  test("tells that the history is another one", () => {
    const book = lost().opening().reset(cursor(0, "f")).event(cursor(1, "f"), "message 3");
    expect(book.frame("tidings:live", { id: cursor(1, "f"), data: "" }).end()).toMatchObject({
      violations: [],
      received: { resets: 1 },
    });
  });

  test("is missing", () => {
    const book = lost().opening(cursor(2)).event(cursor(1, "f"), "message 3");
    expect(book.frame("tidings:live", { id: cursor(1, "f"), data: "" }).violated()).toEqual(["I6"]);
  });

  test("is missing where a log was rewound under one epoch, and its tags tell", () => {
    const book = new LogBook().open().published(3).events(1, 2, 3);
    book.add({ kind: "history", at: book.now(), cause: "rewound", epoch: "e", offset: 1 });
    for (const offset of [2, 3, 4]) {
      const attempt = book.call(10 + offset);
      book.appended(cursor(offset, "e", `u${offset}`), ["a"], `message ${10 + offset}`);
      book.ok(attempt, cursor(offset, "e", `u${offset}`));
    }
    book
      .connect({ cursor: cursor(3) })
      .opening(cursor(3))
      .event(cursor(4, "e", "u4"), "message 14");
    expect(book.frame("tidings:live", { id: cursor(4, "e", "u4"), data: "" }).violated()).toEqual(["I6"]);
  });

  test("comes without need, or passes over what there is", () => {
    const needless = new LogBook()
      .open()
      .published(2)
      .events(1)
      .connect({ cursor: cursor(1) })
      .opening();
    expect(needless.reset(cursor(0)).events(1, 2).live(2).violated()).toEqual(["I8"]);
    const late = lost().opening().reset(cursor(1, "f"));
    expect(late.frame("tidings:live", { id: cursor(1, "f"), data: "" }).violated()).toEqual(["I6"]);
  });

  test("is owed to a cursor that no log gave", () => {
    const book = new LogBook().published(1).connect({ cursor: "garbage" });
    expect(book.opening(cursor(1)).live(1).violated()).toEqual(["I6"]);
  });
});

describe("a snapshot", () => {
  const state = (offset: number): string => `message state ${cursor(offset)}`;

  test("stands for everything through its position, and carries no id", () => {
    const book = new LogBook().published(2).connect({ snapshot: "embedder" }).opening();
    expect(book.event(undefined, state(2), []).heartbeat(2).live(2).violated()).toEqual([]);
    const early = new LogBook().published(2).connect({ snapshot: "embedder" }).opening(cursor(2));
    expect(early.event(undefined, state(2), []).heartbeat(2).live(2).violated()).toEqual(["I16"]);
    const inside = new LogBook().published(2).connect({ snapshot: "embedder" }).opening().heartbeat(2);
    expect(inside.event(undefined, state(2), []).heartbeat(2).live(2).violated()).toEqual(["I16"]);
  });

  test("was made before its position was taken", () => {
    const book = new LogBook().published(2).connect({ snapshot: "embedder" }).opening();
    expect(book.event(undefined, state(1), []).heartbeat(2).live(2).violated()).toEqual(["I6"]);
  });

  test("of the newest has the newest of each topic, and no other", () => {
    const last = (...offsets: number[]): LogBook => {
      const book = new LogBook().published(3).connect({ snapshot: "last:2" }).opening();
      for (const offset of offsets) {
        book.frame("message", { cursor: cursor(offset), payload: `message ${offset}`, topics: ["a"] });
      }
      return book.heartbeat(3).live(3);
    };
    expect(last(2, 3).violated()).toEqual([]);
    expect(last(3).violated()).toEqual(["I6"]);
    expect(last(1, 2, 3).violated()).toEqual(["I6"]);
    expect(last(3, 2).violated()).toEqual(["I6"]);
  });
});

describe("the frames of a connection", () => {
  test("open once and are live once", () => {
    expect(new LogBook().open().opening(cursor(0)).violated()).toEqual(["I16"]);
    expect(new LogBook().open().live(0).violated()).toEqual(["I16"]);
    expect(new LogBook().connect().live(0).violated()).toEqual(["I16"]);
    expect(new LogBook().open().published(1).event(undefined, "message 1").violated()).toContain("I16");
  });

  test("may keep a stream alive before the log has answered, without a position", () => {
    const early = new LogBook().connect().frame("tidings:cursor", { data: "" });
    expect(early.opening(cursor(0)).live(0).violated()).toEqual([]);
    expect(new LogBook().connect().heartbeat(0).opening(cursor(0)).live(0).violated()).toEqual(["I16"]);
    expect(new LogBook().open().frame("tidings:cursor", { data: "" }).violated()).toEqual(["I16"]);
  });
});
