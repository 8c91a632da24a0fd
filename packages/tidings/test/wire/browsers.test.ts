import fc from "fast-check";
import type { Browser, Page } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { type BrowserName, browsers, launchBrowser } from "../../../../test/browsers.ts";
import { read } from "./read.ts";
import { type Departure, interpret } from "./standard.ts";
import { type StreamServer, startStreamServer } from "./stream-server.ts";
import { cuts, hostileStream, joined, split } from "./streams.ts";

/** What a browser does otherwise than the standard says. Each of these has a test below, which fails once it is mended. */
interface Departures {
  /** How the ids of events differ. */
  readonly ids: Departure | undefined;
  /** Whether it keeps a NUL in data. Firefox 153 drops it there and in names, and loses the line behind an id with one. */
  readonly keepsNul: boolean;
  /** Whether it sees a line end right behind the byte order mark. Chromium 156 takes it for a character of the line. */
  readonly seesFirstLineEnd: boolean;
}

const DEPARTURES: Record<BrowserName, Departures> = {
  chromium: { ids: undefined, keepsNul: true, seesFirstLineEnd: false },
  firefox: { ids: "forgets the id of a block without data", keepsNul: false, seesFirstLineEnd: true },
};

/** What a page can see of an event. */
interface SeenEvent {
  readonly event: string;
  readonly data: string;
  readonly lastEventId: string;
}

const utf8 = new TextEncoder();
/** Shows the last event id that a stream has left behind. */
const END = utf8.encode("\n\nevent: a\ndata: the end\n\n");

describe.each(browsers)("the EventSource of %s", { timeout: 120_000 }, (name) => {
  const { ids, keepsNul, seesFirstLineEnd } = DEPARTURES[name];
  let server: StreamServer;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    [server, browser] = await Promise.all([startStreamServer(), launchBrowser(name)]);
    page = await browser.newPage();
    await page.goto(server.url);
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  /** What the browser makes of each of some streams. */
  async function seen(streams: readonly (readonly Uint8Array[])[]): Promise<SeenEvent[][]> {
    server.streams = streams;
    const names = new Set(["message", ...streams.flatMap((chunks) => read(chunks).events.map(({ event }) => event))]);
    return JSON.parse(await page.evaluate(readAll, streams.length, [...names])) as SeenEvent[][];
  }

  test("makes the same events of any bytes as the parser does", async () => {
    const seed = Date.now();
    const samples = fc.sample(fc.tuple(hostileStream, cuts, fc.boolean()), { numRuns: 400, seed });
    const streams = samples.map(([stream, at, ended]) => {
      const bytes = keepsNul ? stream : stream.filter((byte) => byte !== 0);
      const behindMark = seesFirstLineEnd ? bytes : bytes.subarray(/^\xef\xbb\xbf[\r\n]/.test(latin1(bytes)) ? 3 : 0);
      return split(ended ? joined([behindMark, END]) : behindMark, at);
    });
    const got = await seen(streams);
    for (const [index, chunks] of streams.entries()) {
      const bytes = joined(chunks);
      const ours = read(chunks).events.map(visible);
      const departing = interpret(bytes, "", ids).events.map(visible);
      // It changes the ids of events, and nothing else.
      expect(departing.map(withoutId)).toEqual(ours.map(withoutId));
      const which = `seed ${seed}, stream ${index}: ${JSON.stringify(latin1(bytes))}`;
      expect(got[index], which).toEqual(ids === undefined ? ours : departing);
    }
    expect(got.flat().length, "most streams have events").toBeGreaterThan(streams.length);
  });

  test.for([
    ["an id without data", "id: 1\ndata: a\n\nid: 2\n\ndata: b\n\n", ids === undefined],
    ["a NUL in data", "data: a\0b\n\n", keepsNul],
    ["a NUL in an event's name", "event: a\0b\ndata\n\n", keepsNul],
    ["the line behind an id with a NUL", "id: 1\0\ndata: a\n\n", keepsNul],
    ["a CR right behind the byte order mark", "\u{feff}\rdata: a\n\n", seesFirstLineEnd],
    ["an LF right behind the byte order mark", "\u{feff}\ndata: a\n\n", seesFirstLineEnd],
  ] as const)("knows %s, or not, as it is known to", async ([, stream, knows]) => {
    const chunks = [utf8.encode(stream)];
    const [got] = await seen([chunks]);
    const ours = read(chunks).events.map(visible);
    expect(ours).toEqual(interpret(joined(chunks)).events.map(visible));
    if (knows) expect(got).toEqual(ours);
    else expect(got).not.toEqual(ours);
  });
});

function visible({ event, data, lastEventId }: SeenEvent): SeenEvent {
  return { event, data, lastEventId };
}

function withoutId({ event, data }: SeenEvent): Omit<SeenEvent, "lastEventId"> {
  return { event, data };
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}

/** Runs in the page: reads all streams, a few at a time, each up to its end. Answers JSON, which hides no character. */
async function readAll(count: number, names: readonly string[]): Promise<string> {
  const all: SeenEvent[][] = Array.from({ length: count }, () => []);
  let next = 0;
  const readNext = async (): Promise<void> => {
    for (let index = next++; index < count; index = next++) {
      await new Promise<void>((resolve) => {
        const source = new EventSource(`/streams/${index}`);
        for (const name of names) {
          source.addEventListener(name, ({ type, data, lastEventId }) => {
            all[index]?.push({ event: type, data: data as string, lastEventId });
          });
        }
        // The end of the stream: it would come back.
        source.addEventListener("error", () => {
          source.close();
          resolve();
        });
      });
    }
  };
  await Promise.all([readNext(), readNext(), readNext(), readNext()]);
  return JSON.stringify(all);
}
