import { describe, expect, test } from "vitest";

import { createParser } from "../../src/wire/index.ts";
import { read, readText } from "./read.ts";
import { thrownBy } from "./thrown-by.ts";

const utf8 = new TextEncoder();

/** The data of the events that a text makes. */
function dataOf(text: string): string[] {
  return readText(text).events.map(({ data }) => data);
}

describe("lines", () => {
  test("end with LF, CR or CRLF, mixed in one stream", () => {
    expect(dataOf("data: a\n\ndata: b\r\rdata: c\r\n\r\ndata: d\n\rdata: e\r\n\n")).toEqual(["a", "b", "c", "d", "e"]);
  });

  test("end with a CR at once, before it is known whether an LF follows", () => {
    const chunks = ["data: a\r", "\r", "\ndata: b\r", "\n\r"].map((text) => utf8.encode(text));
    expect(read(chunks.slice(0, 2)).events).toMatchObject([{ data: "a" }]);
    expect(read(chunks).events).toMatchObject([{ data: "a" }, { data: "b" }]);
  });

  test("are ended once by a CR and an LF, also with an empty chunk between them", () => {
    const bytes = ["data: a\r", "", "\n", "data: b\n\n"].map((text) => utf8.encode(text));
    expect(read(bytes).events).toMatchObject([{ data: "a\nb" }]);
  });

  test("are ended twice by a CR and an LF with half a character between them", () => {
    const bytes = [utf8.encode("data: a\r"), Uint8Array.of(0xc3), utf8.encode("\ndata: b\n\n")];
    expect(read(bytes).events).toMatchObject([{ data: "a\nb" }]);
  });

  test("that have not ended when the stream does are dropped with their event, and its id too", () => {
    expect(readText("id: 1\ndata: a\n\nid: 2\ndata: b\n")).toMatchObject({ events: [{ data: "a" }], lastEventId: "1" });
    expect(readText("data: a\n\ndata: b\n\r", {}).events).toHaveLength(2);
  });
});

describe("the byte order mark", () => {
  test("is dropped once at the start, also when it comes byte by byte", () => {
    const bytes = utf8.encode("\u{feff}data: a\n\n");
    expect(read([bytes]).events).toMatchObject([{ data: "a" }]);
    expect(read([...bytes].map((byte) => Uint8Array.of(byte))).events).toMatchObject([{ data: "a" }]);
  });

  test("is part of a field's name anywhere else", () => {
    expect(dataOf("\u{feff}\u{feff}data: a\n\ndata: b\n\n\u{feff}data: c\n\n")).toEqual(["b"]);
    expect(dataOf("\n\u{feff}data: a\n\n")).toEqual([]);
  });
});

describe("UTF-8", () => {
  test("may be split inside a character", () => {
    const bytes = utf8.encode("data: é漢😀\n\n");
    for (let cut = 0; cut <= bytes.length; cut++) {
      expect(read([bytes.slice(0, cut), bytes.slice(cut)]).events).toMatchObject([{ data: "é漢😀" }]);
    }
  });

  test("is read in its places where as many characters as bytes come, but not one for each", () => {
    // The end of a character of two, and one of two bytes: what stands between them is one place further than its bytes.
    const bytes = utf8.encode("x😀\nddata: é\niid: é\neevent: é\ndata: a\n\n");
    expect(read([bytes.slice(0, 4), bytes.slice(4)]).events).toMatchObject([
      { event: "message", data: "a", lastEventId: "" },
    ]);
    const short = utf8.encode("x😀\nddata: é\n\n");
    const [before, after] = [short.slice(0, 4), short.slice(4)];
    expect(after.length).toBe(new TextDecoder().decode(short).length - 1);
    expect(read([before, after]).events).toEqual([]);
  });

  test("that is invalid becomes U+FFFD, and what follows is read", () => {
    const bytes = [...utf8.encode("data: "), 0xff, 0xe6, 0xbc, ...utf8.encode("\n\ndata: b\n\n")];
    expect(read([Uint8Array.from(bytes)]).events).toMatchObject([{ data: "\u{fffd}\u{fffd}" }, { data: "b" }]);
  });
});

describe("fields", () => {
  test("lose one space after the colon, and nothing else", () => {
    expect(dataOf("data:a\n\ndata:  b\n\ndata:\tc\n\ndata: d \n\ndata: e:f\n\n")).toEqual([
      "a",
      " b",
      "\tc",
      "d ",
      "e:f",
    ]);
  });

  test("are empty without a colon", () => {
    expect(dataOf("data\n\ndata\ndata\n\n")).toEqual(["", "\n"]);
    expect(readText("id: 1\ndata: a\n\nid\ndata: b\n\n").lastEventId).toBe("");
    expect(readText("event: a\nevent\ndata\n\n").events).toMatchObject([{ event: "message" }]);
    expect(readText("retry\n").retries).toEqual([]);
  });

  test("with another name are nothing", () => {
    expect(readText("Data: a\n data: a\ndata : a\nda-ta: a\ndata\0: a\ndat: a\ndataa: a\nx\n\n").events).toEqual([]);
    expect(readText("Id: a\nid : a\nidd: a\n id: a\nevents: a\nretryy: 1\ndata\n\n")).toMatchObject({
      events: [{ event: "message", lastEventId: "" }],
      retries: [],
    });
  });

  test("of data make one text, its lines joined by LF", () => {
    expect(dataOf("data: a\ndata: b\ndata\ndata:c\n\n")).toEqual(["a\nb\n\nc"]);
    expect(dataOf("data\ndata: a\n\n")).toEqual(["\na"]);
    expect(dataOf("data: a\0b\n\n")).toEqual(["a\0b"]);
  });

  test("name an event by the last one, for this event alone", () => {
    const { events } = readText("event: a\nevent: b\ndata: 1\n\ndata: 2\n\nevent:\ndata: 3\n\nevent: c\n\ndata: 4\n\n");
    expect(events.map(({ event }) => event)).toEqual(["b", "message", "message", "message"]);
  });

  test("collect an event's topics in order, and its cursor", () => {
    const { events } = readText("topic: b\ntopic:a\ntopic: b\ntopic\ncursor: x\ncursor: y\ndata: 1\n\ndata: 2\n\n");
    expect(events).toMatchObject([
      { topics: ["b", "a", "b", ""], cursor: "y" },
      { topics: [], cursor: undefined },
    ]);
  });

  test("leave no topic and no cursor of a block without data", () => {
    expect(readText("topic: a\ncursor: x\n\ndata: 1\n\n").events).toMatchObject([{ topics: [], cursor: undefined }]);
  });
});

describe("comments", () => {
  test("are handed on, and change nothing", () => {
    const { events, comments } = readText(": one\ndata: a\n:two\n:\n:: three\n:\0\n\n");
    expect(events).toMatchObject([{ data: "a" }]);
    expect(comments).toEqual(["one", "two", "", ": three", "\0"]);
  });
});

describe("the last event id", () => {
  test("persists over events without one", () => {
    const { events } = readText("id: 1\ndata: a\n\ndata: b\n\nid\ndata: c\n\n");
    expect(events.map(({ lastEventId }) => lastEventId)).toEqual(["1", "1", ""]);
  });

  test("is taken at the blank line, with or without data", () => {
    const parser = createParser({ onEvent: () => undefined, lastEventId: "0" });
    parser.feed(utf8.encode("id: 1\n"));
    expect(parser.lastEventId).toBe("0");
    parser.feed(utf8.encode("\n"));
    expect(parser.lastEventId).toBe("1");
  });

  test("is the one before where an id has a NUL", () => {
    expect(readText("id: 1\ndata\n\nid: 2\0\ndata\n\n").lastEventId).toBe("1");
    expect(readText("id: 1\nid: \0\nid: 2\0x\ndata\n\n").lastEventId).toBe("1");
    expect(readText("data: \0\nid: 1\ndata\n\n: \0\nid: 2\n\n").lastEventId).toBe("2");
  });

  test("is handed from a connection to the next", () => {
    const first = readText("id: é7\n\n", { lastEventId: "6" });
    expect(readText("data: a\n\n", { lastEventId: first.lastEventId }).events).toMatchObject([{ lastEventId: "é7" }]);
    expect(readText("id\n\n", { lastEventId: first.lastEventId }).lastEventId).toBe("");
  });
});

describe("retry", () => {
  test("takes effect on its line", () => {
    expect(readText("retry: 15\n").retries).toEqual([15]);
    expect(readText("retry: 1\nretry:03000\n\ndata\n\nretry: 0\n").retries).toEqual([1, 3_000, 0]);
  });

  test.for(["", " ", "1000x", "+1", "-1", " 1", "1e3", "1.5", "0x10", "٣", "²", "1 ", "1\0"])("is not %j", (value) => {
    expect(readText(`retry: ${value}\n\n`).retries).toEqual([]);
  });

  test("is at most what a timer can wait", () => {
    expect(readText(`retry: 2147483648\nretry: ${"9".repeat(400)}\n`).retries).toEqual([2_147_483_647, 2_147_483_647]);
  });
});

describe("a closed parser", () => {
  test("does nothing, also with what is left of the bytes that it is reading", () => {
    const seen: string[] = [];
    const parser = createParser({
      onEvent({ data }) {
        seen.push(data);
        if (data === "b") parser.close();
      },
      onRetry: () => seen.push("retry"),
    });
    parser.feed(utf8.encode("data: a\n\nid: 1\ndata: b\n\nid: 2\nretry: 1\ndata: c\n\n"));
    parser.feed(utf8.encode("data: d\n\n"));
    expect(seen).toEqual(["a", "b"]);
    expect(parser.lastEventId).toBe("1");
  });

  test.for([["data: a\n\n"], ["data: a\r\r"], ["data: a\ndata: a\n\n"], ["data: a\n", "\n"]])(
    "does nothing more with what follows its last event in %j",
    (texts) => {
      let seen = 0;
      const parser = createParser({
        onEvent() {
          seen++;
          parser.close();
        },
      });
      for (const text of texts)
        parser.feed(utf8.encode(text === texts.at(-1) ? `${text}data: b\n\ndata: c\r\r` : text));
      expect(seen).toBe(1);
    },
  );

  test.for([["retry: 1\n"], [": x\n"], ["retry: 1\r"], ["ret", "ry: 1\n"]])(
    "closed by the callback of %j too",
    (texts) => {
      const seen: string[] = [];
      const close = (): void => parser.close();
      const parser = createParser({ onEvent: ({ data }) => seen.push(data), onRetry: close, onComment: close });
      for (const text of texts.slice(0, -1)) parser.feed(utf8.encode(text));
      parser.feed(utf8.encode(`${texts.at(-1)}data: a\n\n`));
      expect(seen).toEqual([]);
    },
  );

  test("is what an error of a callback leaves, since the rest of the bytes is lost", () => {
    const seen: string[] = [];
    const parser = createParser({
      onEvent({ data }) {
        seen.push(data);
        throw new Error("mine");
      },
    });
    expect(thrownBy(() => parser.feed(utf8.encode("data: a\n\ndata: b\n\n")))).toMatchObject({ message: "mine" });
    parser.feed(utf8.encode("data: c\n\n"));
    expect(seen).toEqual(["a"]);
  });
});

test("bytes may be changed once they were fed", () => {
  const seen: string[] = [];
  const parser = createParser({ onEvent: ({ data }) => seen.push(data) });
  for (const text of ["data: a", "bc\n", "\n"]) {
    const bytes = utf8.encode(text);
    parser.feed(bytes);
    bytes.fill(0);
  }
  expect(seen).toEqual(["abc"]);
});

test("an event without topics shares a list that nobody can change", () => {
  const topics = readText("data\n\n").events[0]?.topics as string[];
  expect(thrownBy(() => topics.push("a"))).toBeInstanceOf(TypeError);
  expect(readText("data\n\n").events[0]?.topics).toEqual([]);
});
