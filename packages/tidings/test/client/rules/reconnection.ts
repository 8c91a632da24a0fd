import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

import { expect } from "vitest";

import { EventSource } from "../../../src/client/index.ts";
import { chunked, connectTo, hear, listenTo, QUICK } from "../heard.ts";
import { type Answer, open, plain, serve, stream } from "../scripted-server.ts";
import { rule } from "./rule.ts";

/** A good stream whose connection is lost in the middle. */
function lost(text: string): Answer {
  return (response) => {
    open(text)(response, response.req);
    response.once("close", () => undefined);
    setImmediate(() => response.socket?.destroySoon());
  };
}

/** Rules 42 to 51, 54 and 56: the end of a stream, and what comes after it. */
export function reconnectionRules(): void {
  rule(42, "what has no blank line at the end is dropped, its id too", async () => {
    const { url, requests } = await serve(
      stream("id: 1\ndata: a\n\nid: 2\ndata: b\n"),
      stream("id: 3\ndata: c\n\nid: 4\ndata: d"),
      stream("data: e\n\n"),
    );
    expect((await hear(url)).events).toEqual(["message|a|1", "message|c|3", "message|e|3"]);
    expect(requests.map(({ headers }) => headers["last-event-id"])).toEqual([undefined, "1", "3", "3"]);
  });

  rule(43, "the end and the loss of a stream lead to CONNECTING and a plain error event", async () => {
    const { url } = await serve(stream("data: a\n\n"), lost("data: b\n\n"), stream("data: c\n\n"));
    const { log, errors } = await hear(url);
    expect(log.filter((entry) => entry !== "message|b|")).toEqual([
      "open",
      "message|a|",
      "error 0",
      "open",
      "error 0",
      "open",
      "message|c|",
      "error 0",
      "error 2",
    ]);
    expect(errors[0]).toMatchObject({ type: "error", bubbles: false, cancelable: false, error: { code: "ended" } });
    expect(errors[1]).toMatchObject({ error: { code: "network" } });
  });

  rule(44, "the reconnection time is waited, or longer", async () => {
    const times: number[] = [];
    const note =
      (answer: Answer): Answer =>
      (response, request) => {
        times.push(performance.now());
        answer(response, request);
      };
    const { url } = await serve(
      note(stream("retry: 120\ndata: a\n\n")),
      note(stream("data: b\n\n")),
      note(plain(204, "x")),
    );
    const { errors } = await hear(url, [], { retry: { min: 1 } });
    expect(errors.map(({ retryIn }) => retryIn)).toEqual([expect.any(Number), expect.any(Number), undefined]);
    for (const [index, { retryIn = 0 }] of errors.slice(0, 2).entries()) {
      expect(retryIn).toBeGreaterThanOrEqual(120);
      expect(retryIn).toBeLessThanOrEqual(180);
      // A timer may be early by a millisecond.
      expect((times[index + 1] ?? 0) - (times[index] ?? 0)).toBeGreaterThanOrEqual(retryIn - 2);
    }
  });

  rule(45, "who closes meanwhile asks for nothing more", async () => {
    const { url, requests } = await serve(stream("retry: 20\ndata: a\n\n"), stream("data: b\n\n"));
    const first = connectTo(url, [], { retry: { min: 1 } });
    first.source.addEventListener("error", () => first.source.close());
    await first.closed();
    const second = await hear(url);
    expect(second.events).toEqual(["message|b|"]);
    expect(first.log).toEqual(["open", "message|a|", "error 0"]);
    expect(requests.length).toBe(3);
  });

  rule(46, "Last-Event-ID has the id's UTF-8", async () => {
    const { url, requests } = await serve(stream("id: grüße…漢😀\ndata: a\n\n"), stream("data: b\n\n"));
    expect((await hear(url)).events).toEqual(["message|a|grüße…漢😀", "message|b|grüße…漢😀"]);
    const header = requests[1]?.headers["last-event-id"] as string;
    expect(Buffer.from(header, "latin1").toString()).toBe("grüße…漢😀");
  });

  rule(47, "an empty id: no header", async () => {
    for (const reset of ["id:\ndata: b\n\n", "id\n\ndata: b\n\n"]) {
      const { url, requests } = await serve(stream("id: 1\ndata: a\n\n"), stream(reset), stream("data: c\n\n"));
      expect((await hear(url)).events).toEqual(["message|a|1", "message|b|", "message|c|"]);
      expect(requests.map(({ headers }) => "last-event-id" in headers)).toEqual([false, true, false, false]);
    }
  });

  rule(48, "the last event id outlives its connection", async () => {
    const { url, requests } = await serve(
      stream("id: 1\ndata: a\n\n"),
      stream("data: b\n\n"),
      stream(),
      stream("data: c\n\n"),
    );
    expect((await hear(url)).events).toEqual(["message|a|1", "message|b|1", "message|c|1"]);
    expect(requests.map(({ headers }) => headers["last-event-id"])).toEqual([undefined, "1", "1", "1", "1"]);
  });

  rule(49, "each connection begins anew, but for the reconnection time", async () => {
    const { url } = await serve(
      stream("retry: 7\nevent: x\ndata: lost\ndata: los"),
      stream("\u{feff}data: a\r"),
      stream("\n\ndata: b\r\n\r\n"),
    );
    const { events, source } = await hear(url, ["x"]);
    expect(events).toEqual(["message|b|"]);
    expect(source.reconnectionTime).toBe(7);
  });

  rule(50, "204 is the end; so is close(), which tells no one", async () => {
    const ended = await serve(stream("data: a\n\n"), plain(204, undefined), stream("data: b\n\n"));
    expect((await hear(ended.url)).log).toEqual(["open", "message|a|", "error 0", "error 2"]);
    const { url, requests } = await serve(open("data: a\n\n"));
    const left = new Promise((resolve) => setTimeout(resolve, 0));
    const early = connectTo(url);
    early.source.close();
    early.source.close();
    await left;
    const { source, log } = connectTo(url);
    await expect.poll(() => log).toEqual(["open", "message|a|"]);
    const gone = new Promise((resolve) => requests.at(-1)?.socket.once("close", resolve));
    source.close();
    source.close();
    await gone;
    expect([early.log, log]).toEqual([[], ["open", "message|a|"]]);
    expect([early.source.readyState, source.readyState]).toEqual([2, 2]);
  });

  rule(51, "it comes back to the first URL", async () => {
    const { url, requests } = await serve(
      (response) => response.writeHead(301, { Location: "/b" }).end(),
      stream("data: a\n\n"),
      stream("data: c\n\n"),
    );
    await hear(`${url}/a`);
    expect(requests.map(({ url: path }) => path)).toEqual(["/a", "/b", "/a", "/a"]);
  });

  rule(
    54,
    "with listeners it lives, though nobody holds it",
    async () => {
      setFlagsFromString("--expose-gc");
      const collect = runInNewContext("gc") as () => void;
      const heard: string[] = [];
      const { url, write } = await serve(open("data: a\n\n"));
      // Out of a function, so that nothing here refers to it.
      ((): void => {
        const source = new EventSource(url, QUICK);
        source.addEventListener("message", ({ data, target }) => {
          heard.push(data);
          if (data === "b") (target as EventSource).close();
        });
      })();
      await expect.poll(() => heard).toEqual(["a"]);
      collect();
      write("data: b\n\n");
      await expect.poll(() => heard).toEqual(["a", "b"]);
    },
    { but: "it lives without listeners, too, until close(): its connection holds it" },
  );

  rule(56, "fromReadableStream", async () => {
    const source = EventSource.fromReadableStream(chunked("data: a\n\n"));
    expect(source).toMatchObject({ readyState: 0, url: "about:event-stream", withCredentials: false, lastEventId: "" });
    const origins: string[] = [];
    source.addEventListener("message", ({ origin }) => origins.push(origin));
    const { log } = await listenTo(source).closed();
    expect(log).toEqual(["open", "message|a|", "error 2"]);
    expect(origins).toEqual(["null"]);

    const broken = new ReadableStream<Uint8Array>({ start: (controller) => controller.error(new Error("broken")) });
    const failed = await listenTo(EventSource.fromReadableStream(broken)).closed();
    expect(failed.log).toEqual(["open", "error 2"]);
    const locked = new ReadableStream<Uint8Array>();
    locked.getReader();
    expect(() => EventSource.fromReadableStream(locked)).toThrow(TypeError);

    // Two streams one after the other through one TransformStream: ids and times go over, what was cut does not.
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const piped = EventSource.fromReadableStream(readable);
    expect(readable.locked).toBe(true);
    const heard = listenTo(piped);
    const pipe = (text: string, preventClose: boolean): Promise<void> =>
      chunked(text).pipeTo(writable, { preventClose });
    await pipe("retry: 9\nid: 1\ndata: a\n\nevent: cut\nid: 2\ndata: cu", true);
    await expect.poll(() => heard.log).toEqual(["open", "message|a|1"]);
    expect(piped).toMatchObject({ lastEventId: "1", reconnectionTime: 9 });
    piped.reset();
    await pipe("\u{feff}data: b\n\n", false);
    await heard.closed();
    expect(heard.log).toEqual(["open", "message|a|1", "message|b|1", "error 2"]);
    expect(piped).toMatchObject({ lastEventId: "1", reconnectionTime: 9 });

    let cancelled = false;
    const endless = new ReadableStream<Uint8Array>({ cancel: () => void (cancelled = true) });
    const closing = listenTo(EventSource.fromReadableStream(endless));
    await expect.poll(() => closing.log).toEqual(["open"]);
    closing.source.close();
    await expect.poll(() => cancelled).toBe(true);
    expect(closing.log).toEqual(["open"]);
  });
}
