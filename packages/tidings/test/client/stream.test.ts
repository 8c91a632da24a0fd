import { once } from "node:events";
import type { Socket } from "node:net";

import { describe, expect, onTestFinished, test, vi } from "vitest";

import type { ClientError } from "../../src/client/error.ts";
import { createStream, type Stream, type StreamOptions } from "../../src/client/stream/stream.ts";
import { HandClock } from "./hand-clock.ts";
import { type Answer, open, plain, serve, stream } from "./scripted-server.ts";

const opening = (heartbeat: number, id = "0"): string =>
  `id: ${id}\nevent: tidings:cursor\nretry: 100\ndata: {"heartbeat":${heartbeat}}\n\n`;

/** A stream, opened, on a clock that is turned by hand. */
function openStream(
  url: string,
  options: Partial<StreamOptions> = {},
): { stream: Stream; clock: HandClock; log: string[]; errors: ClientError[]; waits: (number | undefined)[] } {
  const clock = new HandClock();
  const log: string[] = [];
  const errors: ClientError[] = [];
  const waits: (number | undefined)[] = [];
  const opened = createStream(
    { url: () => url, clock, random: () => 0, ...options },
    {
      opened: ({ status }) => log.push(`opened ${status}`),
      event: ({ event, data, lastEventId }) => log.push(`${event}|${data}|${lastEventId}`),
      settled: () => log.push("settled"),
      failed: (error, retryIn) => {
        errors.push(error);
        waits.push(retryIn);
        log.push(`failed: ${error.code}`);
      },
    },
  );
  onTestFinished(() => opened.close());
  opened.open();
  return { stream: opened, clock, log, errors, waits };
}

describe("a stream", () => {
  test("is closed until it is opened, and can be opened again", async () => {
    const { url, requests } = await serve(open("id: 1\ndata: a\n\n"), open("data: b\n\n"));
    const { stream: source, log } = openStream(url);
    expect(source.state).toBe("connecting");
    await expect.poll(() => log).toEqual(["opened 200", "message|a|1", "settled"]);
    expect(source.state).toBe("open");
    source.close();
    source.close();
    expect(source.state).toBe("closed");
    source.open();
    await expect.poll(() => log.slice(3)).toEqual(["opened 200", "message|b|1", "settled"]);
    expect(requests[1]?.headers["last-event-id"]).toBe("1");
  });

  test("asks for its headers, its URL and its body at every attempt", async () => {
    const bodies: string[] = [];
    const echo: Answer = (response, request) => {
      request.setEncoding("utf8").on("data", (text: string) => bodies.push(text));
      request.on("end", () => response.writeHead(200, { "Content-Type": "text/event-stream" }).end("data: a\n\n"));
    };
    const { url, requests } = await serve(echo, echo);
    let count = 0;
    const { clock, stream: source } = openStream("", {
      url: () => `${url}/${count}`,
      headers: () => Promise.resolve({ Authorization: `Bearer ${++count}`, Accept: "x/y" }),
      method: () => "POST",
      body: () => `body ${count}`,
    });
    for (const wanted of [1, 2]) {
      await expect.poll(() => source.state).toBe("waiting");
      expect(requests.length).toBe(wanted);
      clock.turn(250);
    }
    await expect.poll(() => source.state).toBe("closed");
    expect(
      requests.map(({ method, url: path, headers }) => [method, path, headers.authorization, headers.accept]),
    ).toEqual([
      ["POST", "/1", "Bearer 1", "text/event-stream"],
      ["POST", "/2", "Bearer 2", "text/event-stream"],
      ["POST", "/3", "Bearer 3", "text/event-stream"],
    ]);
    expect(bodies).toEqual(["body 1", "body 2"]);
  });

  test("tries again where the headers could not be had", async () => {
    const { url } = await serve(open("data: a\n\n"));
    const headers = vi
      .fn<() => Promise<HeadersInit>>()
      .mockRejectedValueOnce(new Error("no token"))
      .mockResolvedValue({});
    const { clock, errors, waits, log } = openStream(url, { headers });
    await expect.poll(() => waits).toEqual([250]);
    expect(errors[0]).toMatchObject({ code: "headers", cause: new Error("no token") });
    clock.turn(250);
    await expect.poll(() => log).toEqual(["failed: headers", "opened 200", "message|a|", "settled"]);
  });

  test("tells of headers that throw at once only when whoever opened it can listen", async () => {
    const { log } = openStream("http://hub.invalid", {
      headers() {
        throw new Error("no token");
      },
      retry: { attempts: 0 },
    });
    expect(log).toEqual([]);
    await expect.poll(() => log).toEqual(["failed: headers"]);
  });

  test.for([undefined, null, "text"])("goes on after %s was thrown at it", async (thrown) => {
    const { url } = await serve(open("data: a\n\n"));
    const headers = vi.fn<() => Promise<HeadersInit>>().mockRejectedValueOnce(thrown).mockResolvedValue({});
    const request = vi.fn<typeof fetch>(fetch).mockRejectedValueOnce(thrown);
    const { clock, errors, log } = openStream(url, { headers, fetch: request });
    await expect.poll(() => errors.length).toBe(1);
    clock.turn(250);
    await expect.poll(() => errors.length).toBe(2);
    clock.turn(250);
    await expect.poll(() => log.slice(0, 3)).toEqual(["failed: headers", "failed: network", "opened 200"]);
    expect(errors.map(({ cause }) => cause)).toEqual([thrown, thrown]);
  });

  test("tells why it was refused, and honours Retry-After", async () => {
    const problem = { status: 503, code: "overloaded", title: "Too much", detail: "Come back later" };
    const refuse =
      (retryAfter: string): Answer =>
      (response) => {
        response.writeHead(503, { "Content-Type": "application/problem+json", "Retry-After": retryAfter });
        response.end(JSON.stringify(problem));
      };
    const date = new Date(Date.now() + 60_000).toUTCString();
    const { url } = await serve(
      refuse("7"),
      refuse(date),
      refuse("0"),
      refuse("soon"),
      refuse("1e999"),
      plain(403, "application/problem+json", "{"),
    );
    const retryable = ({ status }: ClientError): boolean => status === 503;
    const { clock, errors, waits, stream: source } = openStream(url, { retry: { retryable } });
    for (const count of [1, 2, 3, 4, 5]) {
      await expect.poll(() => waits.length).toBe(count);
      clock.turn(waits.at(-1) ?? 0);
    }
    await expect.poll(() => source.state).toBe("closed");
    expect(errors[0]).toMatchObject({
      code: "refused",
      status: 503,
      problem,
      message: "Come back later",
      retryAfter: 7_000,
    });
    expect(waits).toEqual([7_000, expect.any(Number), 250, 250, 2 ** 31 - 1, undefined]);
    expect(waits[1]).toBeGreaterThan(50_000);
    expect(waits[1]).toBeLessThanOrEqual(60_000);
    expect(errors[5]).toMatchObject({ code: "refused", status: 403, problem: undefined, message: "Status 403" });
  });

  test("resumes after an id of any length", async () => {
    let sent = "";
    const { log } = openStream("http://hub.invalid", {
      lastEventId: "é".repeat(100_000),
      fetch(_, init) {
        sent = new Headers(init?.headers).get("Last-Event-ID") ?? "";
        return Promise.resolve(new Response("", { headers: { "Content-Type": "text/event-stream" } }));
      },
    });
    await expect.poll(() => log[0]).toBe("opened 200");
    expect(Buffer.from(sent, "latin1").toString()).toBe("é".repeat(100_000));
  });

  test("backs off while streams end at once, and not where they stood for a while or brought something", async () => {
    const { url } = await serve(
      ...Array.from({ length: 3 }, () => stream()),
      stream("data: a\n\n"),
      stream(),
      open(),
      open(),
    );
    const { clock, waits, stream: source } = openStream(url, { random: () => 1, retry: { base: 1_000 } });
    for (const count of [1, 2, 3, 4, 5]) {
      await expect.poll(() => waits.length).toBe(count);
      clock.turn(waits.at(-1) ?? 0);
    }
    expect(waits).toEqual([1_500, 3_000, 6_000, 1_500, 3_000]);
    await expect.poll(() => source.state).toBe("open");
    clock.turn(10_000);
    source.reconnect();
    await expect.poll(() => source.state).toBe("open");
  });

  test("backs off while all that streams bring are the hub's own events", async () => {
    const { url } = await serve(...Array.from({ length: 3 }, () => stream(opening(1_000))));
    const { clock, waits } = openStream(url, { random: () => 1, retry: { min: 0 } });
    for (const count of [1, 2, 3]) {
      await expect.poll(() => waits.length).toBe(count);
      clock.turn(waits.at(-1) ?? 0);
    }
    expect(waits).toEqual([150, 300, 600]);
  });

  test("takes a connection for dead after 2.5 silent heartbeats, whatever comes counting as a sign of life", async () => {
    const { url, requests, write } = await serve(
      open(opening(1_000)),
      (response) => void response.writeHead(200),
      open("data: back\n\n"),
    );
    const { clock, log, waits, stream: source } = openStream(url);
    const settled = (count: number): Promise<void> =>
      expect.poll(() => log.filter((entry) => entry === "settled").length).toBe(count);
    await settled(1);
    clock.turn(2_000);
    write(":\n");
    await settled(2);
    clock.turn(2_400);
    write(":\n");
    await settled(3);
    expect(source.state).toBe("open");
    clock.turn(2_499);
    expect(source.state).toBe("open");
    clock.turn(1);
    expect([source.state, log.at(-1), waits]).toEqual(["waiting", "failed: silent", [250]]);
    // The next one has to be answered within that time, too.
    clock.turn(250);
    await expect.poll(() => requests.length).toBe(2);
    expect(requests[1]?.headers["last-event-id"]).toBe("0");
    clock.turn(2_500);
    expect(log.at(-1)).toBe("failed: silent");
    clock.turn(250);
    await expect.poll(() => log.at(-2)).toBe("message|back|0");
  });

  test("notices a dead connection, and comes back, though the clock was set back by an hour", async () => {
    const { url, requests } = await serve(open(opening(1_000)), open());
    const clock = new HandClock();
    let back = 0;
    const set = { now: () => clock.now() - back, after: clock.after.bind(clock) };
    const { log, waits, stream: source } = openStream(url, { clock: set });
    await expect.poll(() => log.length).toBe(3);
    back = 3_600_000;
    clock.turn(5_000);
    expect([source.state, log.at(-1)]).toEqual(["waiting", "failed: silent"]);
    back *= 2;
    clock.turn(waits[0] ?? 0);
    await expect.poll(() => requests.length).toBe(2);
  });

  test("watches nothing where no heartbeat was announced, and from the first byte on where the caller says so", async () => {
    const { url } = await serve(open("data: a\n\n"), (response) => void response.writeHead(200));
    const trusting = openStream(url);
    await expect.poll(() => trusting.log.length).toBe(3);
    expect(trusting.clock.waiting).toBe(0);
    const watching = openStream(url, { maxSilence: 5_000 });
    watching.clock.turn(4_999);
    expect(watching.log).toEqual([]);
    watching.clock.turn(1);
    expect(watching.log).toEqual(["failed: silent"]);
  });

  test("reconnects at once if told to, with its cursor", async () => {
    const { url, requests } = await serve(open("id: 1\ndata: a\n\n"), stream(), open("data: b\n\n"));
    const { stream: source, log, clock } = openStream(url);
    await expect.poll(() => log.length).toBe(3);
    source.reconnect();
    expect(source.state).toBe("connecting");
    await expect.poll(() => source.state).toBe("waiting");
    expect(clock.waiting).toBe(1);
    source.reconnect();
    await expect.poll(() => log.at(-2)).toBe("message|b|1");
    expect(clock.waiting).toBe(0);
    expect(requests.map(({ headers }) => headers["last-event-id"])).toEqual([undefined, "1", "1"]);
    source.close();
    source.reconnect();
    expect(source.state).toBe("closed");
  });

  test("is closed by its signal, and not opened by one that is aborted", async () => {
    const { url, requests } = await serve(open("data: a\n\n"), open("data: b\n\n"));
    const stop = new AbortController();
    const { stream: source, log } = openStream(url, { signal: stop.signal });
    await expect.poll(() => log.length).toBe(3);
    const gone = once(requests[0]?.socket as Socket, "close");
    stop.abort();
    expect(source.state).toBe("closed");
    await gone;
    source.open();
    expect([source.state, requests.length]).toEqual(["closed", 1]);
    // A signal that outlives the stream does not hold it.
    const long = new AbortController();
    const added = vi.spyOn(long.signal, "addEventListener");
    const other = openStream(url, { signal: long.signal });
    await expect.poll(() => other.log.length).toBe(3);
    other.stream.close();
    const [, , options] = added.mock.calls[0] ?? [];
    expect((options as AddEventListenerOptions).signal?.aborted).toBe(true);
  });

  test("takes any number of events that are not too large, and none that is", async () => {
    const { url, write } = await serve(open());
    const { log, waits } = openStream(url, { maxEventBytes: 1_000 });
    await expect.poll(() => log).toEqual(["opened 200"]);
    for (let count = 1; count <= 20; count++) {
      write(`data: ${"x".repeat(300)}\n\n`);
      await expect.poll(() => log.filter((entry) => entry.startsWith("message")).length).toBe(count);
    }
    for (let count = 1; waits.length === 0; count++) {
      const length = log.length;
      write(`data: ${"x".repeat(300)}\n`);
      await expect.poll(() => log.length > length).toBe(true);
      expect(count).toBeLessThan(5);
    }
    expect([log.at(-1), waits]).toEqual(["failed: event-too-large", [undefined]]);
  });

  test("forgets what has begun when it is reset, and inside of a callback nothing has", async () => {
    const { url, write } = await serve(open("data: a\n\ndata: b\n\ndata: c"));
    const log: string[] = [];
    let settled = 0;
    const source = createStream(
      { url: () => url },
      {
        opened: () => undefined,
        event({ data }) {
          log.push(data);
          source.reset();
        },
        settled: () => settled++,
        failed: () => undefined,
      },
    );
    onTestFinished(() => source.close());
    source.reset();
    source.open();
    await expect.poll(() => log).toEqual(["a", "b"]);
    write("d\n\ndata: e");
    await expect.poll(() => log).toEqual(["a", "b", "cd"]);
    await expect.poll(() => settled).toBe(2);
    source.reset();
    write("data: f\n\n");
    await expect.poll(() => log).toEqual(["a", "b", "cd", "f"]);
    source.close();
    source.reset();
    expect(source.state).toBe("closed");
  });

  test("can be closed, dropped and opened from inside of every callback", async () => {
    const { url, requests } = await serve(open("data: a\n\ndata: b\n\n"), stream("data: c\n\n"), open("data: d\n\n"));
    const log: string[] = [];
    const clock = new HandClock();
    const source = createStream(
      { url: () => url, clock },
      {
        opened: () => log.push("opened"),
        event({ data }) {
          log.push(data);
          if (data === "a") source.reconnect();
        },
        failed({ code }) {
          log.push(code);
          source.close();
          source.open();
        },
      },
    );
    onTestFinished(() => source.close());
    source.open();
    await expect.poll(() => log).toEqual(["opened", "a", "opened", "c", "ended", "opened", "d"]);
    expect(requests.length).toBe(3);
    expect(clock.waiting).toBe(0);
  });
});
