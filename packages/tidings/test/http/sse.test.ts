import { Readable } from "node:stream";

import { describe, expect, onTestFinished, test } from "vitest";

import { sse, type SseContext, type SseEvent, type SseOptions, type SseSource } from "../../src/index.ts";
import { isPublished, type Frame } from "../frames.ts";
import { request, Stream } from "../stream.ts";
import { dial, get } from "./connection.ts";
import { listenFetch } from "./fetch-server.ts";

function open(source: SseSource, options?: SseOptions, lastEventId?: string): Stream {
  return new Stream(sse(request(lastEventId), source, options));
}

/** All frames of a stream that ends. */
async function whole(source: SseSource, options?: SseOptions): Promise<Frame[]> {
  return await open(source, options).until(() => false);
}

function data(frames: readonly Frame[]): unknown[] {
  return frames.filter(isPublished).map((frame) => frame.data);
}

function never(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

async function turns(n: number): Promise<void> {
  for (let turn = 0; turn < n; turn++) await new Promise((resolve) => setImmediate(resolve));
}

describe("what a source yields", () => {
  test("is sent as events, after an opening frame and before an end", async () => {
    const frames = await whole(async function* () {
      yield "plain\ntext";
      yield { data: { a: 1 } };
      yield { event: "named", data: "x", id: "7", retry: 250 };
      yield { data: "", id: "" };
      yield { data: null };
    });
    expect(frames).toMatchObject([
      { event: "tidings:cursor", data: '{"heartbeat":15000}', id: undefined },
      { event: "message", data: "plain\ntext", id: undefined, retry: undefined },
      { event: "message", data: '{"a":1}' },
      { event: "named", data: "x", id: "7", retry: 250 },
      { event: "message", data: "", id: "" },
      { event: "message", data: "null" },
      { event: "tidings:end", data: "", id: "tidings-end", retry: 1_000 },
    ]);
    expect(frames[0]?.retry).toBeGreaterThanOrEqual(1_000);
    expect(frames[0]?.retry).toBeLessThanOrEqual(5_000);
  });

  test.for<{ what: string; source: SseSource }>([
    { what: "an array", source: ["1", { data: 2 }, "3"] },
    { what: "a set", source: new Set(["1", "2", "3"]) },
    {
      what: "a generator",
      source: (function* () {
        yield* ["1", "2", "3"];
      })(),
    },
    { what: "a function that answers an array", source: () => ["1", "2", "3"] },
    { what: "a stream", source: Readable.toWeb(Readable.from(["1", "2", "3"])) },
  ])("may come from $what", async ({ source }) => {
    expect(data(await whole(source))).toEqual(["1", "2", "3"]);
  });

  test("is answered with the head of a stream, and HEAD with that alone", async () => {
    let started = 0;
    const source = (): string[] => [String(started++)];
    const response = sse(request(), source, { origins: ["https://app.example"] });
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toEqual({
      "content-type": "text/event-stream",
      "cache-control": "no-store, no-transform",
      "x-accel-buffering": "no",
      vary: "Origin",
    });
    const from = new Request("http://hub.test/", { method: "HEAD", headers: { Origin: "https://app.example" } });
    const head = sse(from, source, { origins: ["https://app.example"] });
    expect(head.headers.get("access-control-allow-origin")).toBe("https://app.example");
    expect(head.headers.get("access-control-allow-credentials")).toBe("true");
    expect(head.body).toBeNull();
    expect(started).toBe(1);
  });

  test.for<{ what: string; event: SseEvent }>([
    { what: "the id of the end", event: { data: 1, id: "tidings-end" } },
    { what: "a name of the hub's", event: { data: 1, event: "tidings:end" } },
    { what: "a line end in an id", event: { data: 1, id: "1\ndata: forged" } },
    { what: "NUL in an id", event: { data: 1, id: "1\0" } },
    { what: "a carriage return in a name", event: { data: 1, event: "a\rdata: forged" } },
    { what: "a retry that is no time", event: { data: 1, retry: -1 } },
    { what: "nothing as data", event: { data: undefined } },
    { what: "a lone surrogate", event: { data: "\ud800" } },
  ])("is refused as an error of the source: $what", async ({ event }) => {
    const errors: unknown[] = [];
    let cleaned = 0;
    const source = async function* () {
      try {
        yield "before";
        yield event;
        yield "after";
      } finally {
        cleaned++;
      }
    };
    const frames = await whole(source, { onError: (error) => errors.push(error) });
    expect(data(frames)).toEqual(["before"]);
    expect(frames.map((frame) => frame.event)).not.toContain("tidings:end");
    expect(errors).toEqual([expect.objectContaining({ code: expect.stringMatching(/^bad-/) })]);
    await expect.poll(() => cleaned).toBe(1);
  });

  test.for<SseOptions>([
    { heartbeat: 0 },
    { heartbeat: "50ms" },
    { heartbeat: "soon" },
    { origins: ["*"] },
    { origins: ["null"] },
  ])("is not asked for with the option %j", (options) => {
    expect(() => sse(request(), [], options)).toThrow(expect.objectContaining({ code: "bad-option" }));
  });
});

describe("a client that leaves", () => {
  interface Left {
    context?: SseContext;
    aborted?: boolean;
    cleaned: number;
  }

  function waiting(left: Left): SseSource {
    return async function* (context) {
      left.context = context;
      try {
        yield "first";
        await never(context.signal);
        left.aborted = context.signal.aborted;
        yield "nobody hears this";
      } finally {
        left.cleaned++;
      }
    };
  }

  test("aborts the signal and ends the iterator, once", async () => {
    const left: Left = { cleaned: 0 };
    const stream = open(waiting(left));
    await stream.events(1);
    expect(left.context?.signal.aborted).toBe(false);
    await stream.cancel();
    await expect.poll(() => left.cleaned).toBe(1);
    expect(left.aborted).toBe(true);
  });

  test.for(["destroy", "resetAndDestroy"] as const)("over a socket (%s) does the same", async (how) => {
    const left: Left = { cleaned: 0 };
    const { port } = await listenFetch((from) => sse(from, waiting(left)));
    const connection = await dial(port, get("/"));
    await connection.until(/data: first/);
    connection.socket[how]();
    await expect.poll(() => left.cleaned).toBe(1);
    expect(left.aborted).toBe(true);
  });

  test("by the request's signal does the same, and before it began leaves the source alone", async () => {
    const left: Left = { cleaned: 0 };
    const controller = new AbortController();
    const from = new Request("http://hub.test/", { signal: controller.signal });
    const stream = new Stream(sse(from, waiting(left)));
    await stream.events(1);
    controller.abort();
    await expect.poll(() => left.cleaned).toBe(1);
    let started = 0;
    const late = new Stream(sse(from, () => [String(started++)]));
    expect(data(await late.until(() => false))).toEqual([]);
    expect(started).toBe(0);
  });

  test("ends an iterator that is not a generator by its return", async () => {
    const calls: string[] = [];
    const iterator: AsyncIterableIterator<string> = {
      next: async () => {
        calls.push("next");
        return calls.length < 3 ? { done: false, value: "x" } : await new Promise<never>(() => undefined);
      },
      return: async () => {
        calls.push("return");
        return { done: true, value: undefined };
      },
      [Symbol.asyncIterator]: () => iterator,
    };
    const stream = open(iterator);
    await stream.events(2);
    await stream.cancel();
    await expect.poll(() => calls).toEqual(["next", "next", "next", "return"]);
  });

  test("while a source yields without end, stops it", async () => {
    let cleaned = 0;
    const stream = open(function* () {
      try {
        for (;;) yield "x".repeat(1_000);
      } finally {
        cleaned++;
      }
    });
    await stream.events(100);
    await stream.cancel();
    await expect.poll(() => cleaned).toBe(1);
  });

  test("is no error of the source, even if the source throws for it", async () => {
    const errors: unknown[] = [];
    const source = async function* ({ signal }: SseContext) {
      yield "first";
      await never(signal);
      throw new Error("aborted");
    };
    const stream = open(source, { onError: (error) => errors.push(error) });
    await stream.events(1);
    await stream.cancel();
    await turns(5);
    expect(errors).toEqual([]);
  });
});

describe("the end", () => {
  test("of a source is told by an id whose next request is answered 204, without the source", async () => {
    let started = 0;
    const { port, url } = await listenFetch((from) => sse(from, () => [`only ${++started}`]));
    const connection = await (await dial(port, get("/", { Connection: "close" }))).ended();
    expect(connection.text).toMatch(/\nid: tidings-end\n/);
    expect(started).toBe(1);
    const next = await fetch(url, { headers: { "Last-Event-ID": "tidings-end" } });
    expect(next.status).toBe(204);
    expect(next.headers.get("content-type")).toBeNull();
    expect(await next.text()).toBe("");
    const byQuery = await fetch(`${url}/?lastEventId=tidings-end`);
    expect(byQuery.status).toBe(204);
    expect(started).toBe(1);
  });

  test("by an error has no such id, is told to onError alone, and hands over the last id", async () => {
    const errors: unknown[] = [];
    const ids: string[] = [];
    const source = async function* ({ lastEventId }: SseContext) {
      ids.push(lastEventId);
      yield { data: "before", id: `${Number(lastEventId) + 1}` };
      throw new Error("The secret is out");
    };
    const { url } = await listenFetch((from) => sse(from, source, { onError: (error) => errors.push(error) }));
    const text = await (await fetch(url)).text();
    expect(text).toMatch(/\nid: 1\ndata: before\n\n$|^id: 1\ndata: before\n\n$/m);
    expect(text).not.toMatch(/tidings-end|secret/);
    expect(errors).toMatchObject([{ message: "The secret is out" }]);
    await (await fetch(url, { headers: { "Last-Event-ID": "1" } })).text();
    expect(ids).toEqual(["", "1"]);
  });

  test("by a source that fails at once, or cannot be iterated, is the same", async () => {
    const errors: unknown[] = [];
    const onError = (error: unknown): void => void errors.push(error);
    const failing = (): never => {
      throw new Error("at once");
    };
    expect(data(await whole(failing, { onError }))).toEqual([]);
    expect(data(await whole((() => 7) as unknown as SseSource, { onError }))).toEqual([]);
    expect(errors).toHaveLength(2);
  });
});

describe("the last id", () => {
  test.for([
    { what: "of the header", headers: { "Last-Event-ID": "7" }, query: "?lastEventId=8", id: "7" },
    { what: "of the query", headers: {}, query: "?lastEventId=8", id: "8" },
    {
      what: "in UTF-8, as browsers send it",
      headers: { "Last-Event-ID": Buffer.from("grüße…").toString("latin1") },
      query: "",
      id: "grüße…",
    },
    { what: "in UTF-8 in the query", headers: {}, query: "?lastEventId=gr%C3%BC%C3%9Fe", id: "grüße" },
    { what: "that is not UTF-8", headers: { "Last-Event-ID": "\xff" }, query: "", id: "\xff" },
    {
      what: "that is not UTF-8 in the query, beside the application's own",
      headers: {},
      query: "?q=100%&lastEventId=%ff",
      id: "\ufffd",
    },
    { what: "that is missing", headers: {}, query: "", id: "" },
  ])("$what is handed to the source", async ({ headers, query, id }) => {
    const { port } = await listenFetch((from) =>
      sse(from, ({ lastEventId }) => [{ data: lastEventId, id: lastEventId }]),
    );
    const connection = await dial(port, Buffer.from(get(`/${query}`, { Connection: "close", ...headers }), "latin1"));
    await connection.ended();
    expect(connection.text).toContain(`id: ${id}\ndata: ${id}\n`.replaceAll(": \n", ":\n"));
  });
});

describe("a source that is quiet", () => {
  test("is kept alive by heartbeats, without an id, and only while it is quiet", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const source = async function* () {
      yield { data: "first", id: "1" };
      await promise;
      yield "second";
    };
    const stream = open(source, { heartbeat: 100 });
    const frames = await stream.until(
      (all) => all.filter(({ event, data: text }) => event === "tidings:cursor" && text === "").length === 3,
    );
    expect(frames.filter(({ event }) => event === "tidings:cursor").map(({ id }) => id)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    resolve();
    const [last] = (await stream.until(() => false)).slice(-2);
    expect(last?.data).toBe("second");
  });

  test("and has many clients keeps them alive each; an end leaves no timer behind for others", async () => {
    const streams = Array.from({ length: 20 }, () =>
      open(
        async function* ({ signal }) {
          yield "first";
          await never(signal);
        },
        { heartbeat: 150 },
      ),
    );
    const [one, ...others] = streams;
    await one?.events(1);
    await one?.cancel();
    await Promise.all(others.map((stream) => stream.until((frames) => frames.length >= 4)));
    await Promise.all(others.map((stream) => stream.cancel()));
    const again = open(
      async function* ({ signal }) {
        yield "first";
        await never(signal);
      },
      { heartbeat: 150 },
    );
    await again.until((frames) => frames.length >= 4);
    await again.cancel();
  });
});

describe("a source that yields without end", () => {
  function counting(): { source: SseSource; yielded: () => number } {
    let n = 0;
    return {
      yielded: () => n,
      source: function* () {
        for (;;) yield `${n++} ${"x".repeat(1_000)}`;
      },
    };
  }

  test("does not run ahead of a reader that does not read, and goes on where it was", async () => {
    const { source, yielded } = counting();
    const stream = open(source);
    await turns(50);
    const ahead = yielded();
    expect(ahead).toBeGreaterThan(10);
    expect(ahead).toBeLessThan(100);
    await turns(50);
    expect(yielded()).toBe(ahead);
    const events = await stream.events(1_000);
    expect(events.map((frame) => Number.parseInt(frame.data ?? "", 10))).toEqual(events.map((_, n) => n));
    await stream.cancel();
  });

  test("does not run ahead of a client that does not read either", async () => {
    const { source, yielded } = counting();
    const { port } = await listenFetch((from) => sse(from, source));
    const connection = await dial(port, get("/"));
    await connection.until(/data: 9 x/);
    connection.socket.pause();
    let before = -1;
    await expect
      .poll(
        () => {
          const stopped = before === yielded();
          before = yielded();
          return stopped;
        },
        { interval: 100, timeout: 10_000 },
      )
      .toBe(true);
    expect(before).toBeLessThan(20_000);
    const read = connection.length;
    connection.socket.resume();
    await connection.until(({ length }) => length > read + 2_000_000);
    onTestFinished(() => void connection.socket.destroy());
  });
});
