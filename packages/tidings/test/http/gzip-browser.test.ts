import type { Browser, Page } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";

import { browsers, launchBrowser } from "../../../../test/browsers.ts";
import { createHub } from "../../src/node/entry.ts";
import { dial } from "./connection.ts";
import { getGzip } from "./gunzip.ts";
import { listen } from "./node-server.ts";

/** What an `EventSource` saw: a line for each event, and how often it was opened. */
interface Seen {
  readonly events: readonly string[];
  readonly opened: number;
}

/** Opens one more `EventSource` in a page; answers how to look at what it has seen. */
async function subscribe(page: Page, url: string): Promise<() => Promise<Seen>> {
  const handle = await page.evaluateHandle((address) => {
    const source = new EventSource(address);
    const seen = { events: [] as string[], opened: 0 };
    const note = ({ type, data, lastEventId }: MessageEvent<string>): void => {
      seen.events.push(`${type} ${lastEventId} ${data}`);
    };
    source.addEventListener("open", () => seen.opened++);
    for (const type of ["message", "order", "tidings:gap"]) source.addEventListener(type, note);
    return seen;
  }, url);
  return () => handle.jsonValue();
}

describe.each(browsers)("in %s", (name) => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await launchBrowser(name);
  }, 60_000);
  afterAll(() => browser?.close());

  test("streams in gzip, joined at different times and cut, bring what one without it brings", async () => {
    const hub = createHub({ retry: { min: 50, max: 100 } });
    onTestFinished(() => hub.close({ drain: 0 }));
    const encodings: Record<string, unknown[]> = { "/gzip": [], "/plain": [] };
    const { server, port, url } = await listen(async (req, res) => {
      const { pathname } = new URL(req.url ?? "/", "http://hub.test");
      if (encodings[pathname] === undefined) {
        res.setHeader("Content-Type", "text/html");
        res.end("<!doctype html><title>A page</title>");
        return;
      }
      const ended = hub.serve(req, res, { topics: ["a"], compress: pathname === "/gzip" });
      encodings[pathname].push(res.getHeader("Content-Encoding"));
      await ended;
    });
    const page = await browser.newPage();
    onTestFinished(() => page.close());
    await page.goto(url);
    const looks: (() => Promise<Seen>)[] = [];
    const eventsOf = async (): Promise<(readonly string[])[]> =>
      (await Promise.all(looks.map((look) => look()))).map(({ events }) => events);
    const join = async (path: string): Promise<void> => {
      looks.push(await subscribe(page, url + path));
      await expect.poll(async () => (await looks.at(-1)?.())?.opened).toBe(1);
    };
    let count = 0;
    const publish = async (...texts: readonly string[]): Promise<void> => {
      await hub.publishBatch(texts.map((data) => ({ topic: "a", event: "order", data: `${++count} ${data}` })));
    };
    /** Waits until everyone has the newest event. */
    const settled = async (): Promise<void> =>
      await expect
        .poll(async () => (await eventsOf()).map((events) => Number(events.at(-1)?.split(" ")[2])), { timeout: 10_000 })
        .toEqual(looks.map(() => count));

    // Enough others that batches are worth compressing.
    for (let n = 0; n < 8; n++) await dial(port, getGzip("/gzip"));
    await join("/plain?from=earliest");
    await join("/gzip?from=earliest");
    await expect.poll(() => hub.stats().subscribersByState.live).toBe(10);
    await publish('{"status":"paid","note":"grüße 😀"}');
    await settled();
    await join("/gzip?from=earliest");
    for (let n = 0; n < 5; n++) {
      await publish('{"status":"paid"}', '{"status":"sent"}', '{"status":"paid"}', "two\nlines");
      await settled();
    }
    await join("/gzip?from=earliest");
    await publish(
      "x".repeat(65_000),
      Array.from({ length: 9_000 }, () => Math.random().toString(36).slice(2, 8)).join(""),
    );
    await settled();
    // Every stream ends in the middle of its gzip; what is missed comes with the next one.
    server.closeAllConnections();
    await publish('{"status":"missed"}', '{"status":"missed, too"}');
    await settled();
    for (let n = 0; n < 8; n++) await dial(port, getGzip("/gzip"));
    await expect.poll(() => hub.stats().subscribersByState.live).toBe(12);
    await publish('{"status":"paid"}', '{"status":"sent"}');
    await settled();

    const [plain, ...gzips] = await eventsOf();
    expect(plain).toHaveLength(count);
    for (const events of gzips) expect(events).toEqual(plain);
    expect(new Set(encodings["/gzip"])).toEqual(new Set(["gzip"]));
    expect(new Set(encodings["/plain"])).toEqual(new Set([undefined]));
  });
});
