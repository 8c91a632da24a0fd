import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { type EventFields, WireError, encodeComment, encodeEvent, formatEvent } from "../../src/wire/index.ts";
import { encodeEvents } from "../../src/wire/encode.ts";
import { thrownBy } from "./thrown-by.ts";

const CONTROLS = [
  ...Array.from({ length: 0x20 }, (_, code) => code),
  0x7f,
  ...Array.from({ length: 0x20 }, (_, code) => 0x80 + code),
];
const LONE_SURROGATES = ["\ud800", "\udbff", "\udc00", "\udfff", "\udc00\ud800"];

/** The fields that are a line as they are, each with a value put in. */
const LINES: Record<string, (value: string) => unknown> = {
  event: (event) => formatEvent({ event }),
  id: (id) => formatEvent({ id }),
  topic: (topic) => formatEvent({ topics: ["fine", topic] }),
  cursor: (cursor) => formatEvent({ cursor }),
  comment: (comment) => encodeComment(comment),
};

describe("an event on the wire", () => {
  test("has its lines in a fixed order and ends with a blank line", () => {
    const fields = { data: "hello", retry: 3_000, cursor: "c-1", topics: ["a", "b/c"], event: "greeting", id: "k-7" };
    expect(formatEvent(fields)).toBe(
      "id: k-7\nevent: greeting\ntopic: a\ntopic: b/c\ncursor: c-1\nretry: 3000\ndata: hello\n\n",
    );
  });

  test("has no line for what is absent", () => {
    expect(formatEvent({ event: undefined, data: undefined, id: "7" })).toBe("id: 7\n\n");
    expect(formatEvent({ retry: 0 })).toBe("retry: 0\n\n");
    expect(formatEvent({ topics: [] })).toBe("\n");
    expect(formatEvent({})).toBe("\n");
  });

  test("has a line without a space for what is empty", () => {
    expect(formatEvent({ data: "" })).toBe("data:\n\n");
    expect(formatEvent({ id: "", event: "", topics: [""], cursor: "" })).toBe("id:\nevent:\ntopic:\ncursor:\n\n");
  });

  test("keeps the spaces of a value", () => {
    expect(formatEvent({ id: " 7 ", data: " x" })).toBe("id:  7 \ndata:  x\n\n");
  });

  test.for([
    ["a\nb", "data: a\ndata: b\n\n"],
    ["a\rb", "data: a\ndata: b\n\n"],
    ["a\r\nb", "data: a\ndata: b\n\n"],
    ["a\n\rb", "data: a\ndata:\ndata: b\n\n"],
    ["a\r\n\r\nb", "data: a\ndata:\ndata: b\n\n"],
    ["\n", "data:\ndata:\n\n"],
    ["a\n", "data: a\ndata:\n\n"],
    ["\r", "data:\ndata:\n\n"],
  ])("has a data line for each line of %j", ([data = "", text]) => {
    expect(formatEvent({ data })).toBe(text);
  });

  test("takes any other character in its data as it is", () => {
    const data = "a\0b\t\u{1}\u{7f}\u{85}\u{2028}\u{feff}😀: x";
    expect(formatEvent({ data })).toBe(`data: ${data}\n\n`);
  });

  test("takes names beyond ASCII", () => {
    expect(formatEvent({ event: "通知", id: "é", topics: ["😀"] })).toBe("id: é\nevent: 通知\ntopic: 😀\n\n");
  });

  test("is UTF-8 when it is encoded", () => {
    const fields: EventFields = { event: "é", data: "漢\n😀" };
    expect(encodeEvent(fields)).toEqual(new TextEncoder().encode(formatEvent(fields)));
  });

  test("takes every retry that is a safe integer from 0 on", () => {
    expect(formatEvent({ retry: Number.MAX_SAFE_INTEGER })).toBe("retry: 9007199254740991\n\n");
    expect(formatEvent({ retry: -0 })).toBe("retry: 0\n\n");
  });
});

describe("a comment", () => {
  test("is one line, which ends no event", () => {
    expect(new TextDecoder().decode(encodeComment("still here 😀"))).toBe(": still here 😀\n");
    expect(new TextDecoder().decode(encodeComment(""))).toBe(":\n");
  });
});

describe.each(Object.entries(LINES))("a forged %s", (field, write) => {
  test.for(CONTROLS)("with the control character %i is refused", (code) => {
    const value = `a${String.fromCharCode(code)}b`;
    const error = thrownBy(() => write(value));
    expect(error).toBeInstanceOf(WireError);
    expect(error).toMatchObject({ name: "WireError", code: "bad-field" });
    const shown = `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
    expect(String(error)).toContain(field);
    expect(String(error)).toContain(shown);
    expect(String(error)).not.toMatch(/\p{Cc}/u);
  });

  test("is refused wherever the control character stands", () => {
    for (const value of ["\n", "\nab", "ab\n", "x\ndata: forged\n\n"]) {
      expect(thrownBy(() => write(value))).toMatchObject({ code: "bad-field" });
    }
  });

  test.for(LONE_SURROGATES)("with the lone surrogate %j is refused", (surrogate) => {
    const error = thrownBy(() => write(`a${surrogate}b`));
    expect(error).toMatchObject({ code: "bad-field" });
    expect(String(error)).toContain("surrogate");
    expect(String(error).isWellFormed()).toBe(true);
  });

  test("that is no text is refused", () => {
    for (const value of [7, null, {}, ["a"], Symbol("a"), Object.create(null)]) {
      expect(thrownBy(() => write(value as string))).toMatchObject({ code: "bad-field" });
    }
  });

  test("is shown shortened", () => {
    const error = thrownBy(() => write(`${"long ".repeat(10_000)}\n`));
    expect(String(error).length).toBeLessThan(300);
  });
});

describe("refused too", () => {
  test.for(LONE_SURROGATES)("is data with the lone surrogate %j", (surrogate) => {
    for (const data of [surrogate, `a${surrogate}`, `a\n${surrogate}b`, `${surrogate}\r\n`]) {
      const error = thrownBy(() => encodeEvent({ data }));
      expect(error).toMatchObject({ code: "bad-field" });
      expect(String(error)).toContain("data");
    }
  });

  test("is data that is no text", () => {
    for (const data of [7, null, {}, new Uint8Array()]) {
      expect(thrownBy(() => encodeEvent({ data: data as string }))).toMatchObject({ code: "bad-field" });
    }
  });

  test.for([-1, 1.5, Number.NaN, Infinity, 2 ** 53, "3000", null, 5n])("is the retry %s", (retry) => {
    const error = thrownBy(() => encodeEvent({ retry: retry as number }));
    expect(error).toMatchObject({ code: "bad-field" });
    expect(String(error)).toContain("retry");
  });
});

test("several events at once are the bytes of one after another", () => {
  const events = [{ id: "1", data: "a\nb" }, { event: "ü", topics: ["x"], data: "😀" }, {}];
  const parts = events.map((event) => Buffer.from(encodeEvent(event)));
  expect(Buffer.from(encodeEvents(events))).toEqual(Buffer.concat(parts));
});

test("whatever is written, no field makes a line of another one", () => {
  const anything = fc.string({
    unit: fc.constantFrom("\n", "\r", "\0", ":", " ", "d", "\u{85}", "é", "\ud800", "😀"),
    size: "max",
    maxLength: 8,
  });
  fc.assert(
    fc.property(anything, anything, anything, fc.array(anything, { maxLength: 3 }), (id, event, data, topics) => {
      const fields = { id, event, data, topics };
      const one = /^[^\p{Cc}\p{Cs}]*$/u;
      const fine = [id, event, ...topics].every((value) => one.test(value)) && data.isWellFormed();
      if (!fine) {
        expect(thrownBy(() => formatEvent(fields))).toMatchObject({ code: "bad-field" });
        return;
      }
      const names = formatEvent(fields)
        .split(/\r\n|\r|\n/)
        .map((line) => line.slice(0, line.indexOf(":")));
      const dataLines = data.split(/\r\n|\r|\n/).map(() => "data");
      // The last line ends, and so does the blank one: two empty texts behind them.
      expect(names).toEqual(["id", "event", ...topics.map(() => "topic"), ...dataLines, "", ""]);
    }),
    { numRuns: 3_000 },
  );
});
