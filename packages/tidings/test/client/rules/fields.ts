import { expect } from "vitest";

import { connectTo, hear, hearChunks } from "../heard.ts";
import { serve, stream } from "../scripted-server.ts";
import { rule } from "./rule.ts";

/** Rules 24 to 41: lines to events. */
export function fieldRules(): void {
  rule(24, "comments are passed over", async () => {
    const long = "x".repeat(5_000);
    expect(await hearChunks([`data: a\n:\n: b\n:\0\n:data: c\n:${long}\ndata: d\n\n:\n\n`])).toEqual(["message|a\nd|"]);
  });

  rule(25, "the first colon splits, one space behind it is taken off", async () => {
    expect(await hearChunks(["data:a:b\ndata:  c\ndata:\td\ndata:e \n\n"])).toEqual(["message|a:b\n c\n\td\ne |"]);
  });

  rule(26, "a line without colon is a name with an empty value", async () => {
    expect(await hearChunks(["data\n\ndata\ndata\n\nid: 1\ndata: a\n\nid\nretry\ndata: b\n\n"])).toEqual([
      "message||",
      "message|\n|",
      "message|a|1",
      "message|b|",
    ]);
  });

  rule(27, "names are compared exactly", async () => {
    const lines = ["Data: x", " data: x", "da-ta: x", "data\0: x", "\u{feff}data: x", "dat: x", "dataa: x", "ID: 9"];
    expect(await hearChunks([`data: a\n${lines.join("\n")}\ndata: b\n\n`])).toEqual(["message|a\nb|"]);
  });

  rule(28, "event: names the event, the last one wins, an empty one is none", async () => {
    expect(await hearChunks(["event: a\nevent: b\ndata: 1\n\nevent: a\nevent:\ndata: 2\n\n"], ["a", "b"])).toEqual([
      "b|1|",
      "message|2|",
    ]);
  });

  rule(29, "data: adds a line; a NUL stays", async () => {
    expect(await hearChunks(["data: a\0b\ndata:\ndata: c\n\n"])).toEqual(["message|a\0b\n\nc|"]);
  });

  rule(30, "an id with a NUL is none", async () => {
    expect(await hearChunks(["id: 1\ndata: a\n\nid: 2\0\ndata: b\n\nid: \0\nid: 3\nid: 4\0x\ndata: c\n\n"])).toEqual([
      "message|a|1",
      "message|b|1",
      "message|c|3",
    ]);
  });

  rule(31, "retry: takes digits alone, and at once", async () => {
    const times = async (...lines: string[]): Promise<number> => {
      const { url } = await serve(stream(lines.map((line) => `${line}\n`).join("")));
      return (await hear(url)).source.reconnectionTime;
    };
    expect(await times("retry: 3")).toBe(3);
    expect(await times("retry:03")).toBe(3);
    for (const bogus of [
      "retry: 1000x",
      "retry: +1",
      "retry:  1",
      "retry: -1",
      "retry: 1e3",
      "retry: ٣",
      "retry:",
      "retry",
    ])
      expect(await times("retry: 5", bogus), bogus).toBe(5);
    const { url } = await serve(stream("retry: 99999999999999999999\nretry: 2\n"), stream());
    const { log, errors } = await hear(url, [], { retry: { min: 1 } });
    expect(log).toEqual(["open", "error 0", "open", "error 0", "error 2"]);
    expect(errors[0]?.retryIn).toBeLessThanOrEqual(3);
    const absurd = await serve(stream("retry: 99999999999999999999\n"));
    const { source } = connectTo(absurd.url, [], { retry: {} });
    await expect.poll(() => source.reconnectionTime).toBe(2 ** 31 - 1);
  });

  rule(32, "unknown fields are passed over", async () => {
    expect(await hearChunks(["x: 1\ntopic: t\ncursor: c\ndata: a\nnothing\n\n"])).toEqual(["message|a|"]);
  });

  rule(33, "a blank line sets the last event id, without data too", async () => {
    const { url, requests } = await serve(stream("id: 7\n\n"), stream("data: a\n\n"));
    expect((await hear(url)).events).toEqual(["message|a|7"]);
    expect(requests[1]?.headers["last-event-id"]).toBe("7");
  });

  rule(34, "without data there is no event; empty data is data", async () => {
    expect(await hearChunks(["event: a\n\ndata:\n\n\n\nid: 1\n\ndata\n\n"], ["a"])).toEqual([
      "message||",
      "message||1",
    ]);
  });

  rule(35, "exactly one LF is taken off the end of data", async () => {
    expect(await hearChunks(["data: a\ndata:\ndata:\n\n"])).toEqual(["message|a\n\n|"]);
  });

  rule(36, "a MessageEvent with data, lastEventId and the origin behind the redirects", async () => {
    const other = await serve(stream("event: a\nid: 1\ndata: x\n\ndata: y\n\n"));
    const { url } = await serve((response) => response.writeHead(307, { Location: `${other.url}/there` }).end());
    const { source, closed } = connectTo(url, ["a"]);
    const seen: MessageEvent[] = [];
    for (const name of ["a", "message"]) source.addEventListener(name, (event) => seen.push(event as MessageEvent));
    await closed();
    expect(seen.every((event) => event instanceof MessageEvent)).toBe(true);
    expect(seen.map(({ type, data, lastEventId, origin }) => ({ type, data, lastEventId, origin }))).toEqual([
      { type: "a", data: "x", lastEventId: "1", origin: other.url },
      { type: "message", data: "y", lastEventId: "1", origin: other.url },
    ]);
    expect(seen[0]).toMatchObject({ bubbles: false, cancelable: false });
  });

  rule(
    37,
    "the event is of the realm of its EventSource",
    async () => {
      const { url } = await serve(stream("data: a\n\n"));
      const { source, closed } = connectTo(url);
      const trusted: boolean[] = [];
      source.addEventListener("message", (event) => trusted.push(event.isTrusted, event.constructor === MessageEvent));
      await closed();
      expect(trusted).toEqual([false, true]);
    },
    { but: "isTrusted is false: only the browser's own events are trusted" },
  );

  rule(38, "the name does not go over to the next event", async () => {
    expect(await hearChunks(["event: a\n\ndata: 1\n\nevent: a\ndata: 2\n\ndata: 3\n\n"], ["a"])).toEqual([
      "message|1|",
      "a|2|",
      "message|3|",
    ]);
  });

  rule(39, "close() in a handler stops the rest of the chunk", async () => {
    const { url, requests } = await serve(stream("id: 1\ndata: a\n\nid: 2\ndata: b\n\n"), stream("data: c\n\n"));
    const { source, log, closed } = connectTo(url);
    source.addEventListener("message", () => source.close());
    await closed();
    expect(log).toEqual(["open", "message|a|1"]);
    expect(source.lastEventId).toBe("1");
    expect(requests.length).toBe(1);
  });

  rule(40, "events named error and open are MessageEvents", async () => {
    const { url } = await serve(stream("event: error\ndata: e\n\nevent: open\ndata: o\n\n"));
    const { log } = await hear(url, ["error", "open"]);
    expect(log).toEqual(["open", "error|e|", "open", "open|o|", "error 0", "error 2"]);
  });

  rule(41, "equal events in a row all come, in order", async () => {
    const { url } = await serve(stream("data: a\n\n".repeat(3), "data: b\n\ndata: a\n\n"));
    expect((await hear(url)).events).toEqual(["a", "a", "a", "b", "a"].map((data) => `message|${data}|`));
  });
}
