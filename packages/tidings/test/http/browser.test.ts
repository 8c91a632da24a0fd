import type { Browser, Page } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";

import { browsers, launchBrowser } from "../../../../test/browsers.ts";
import { createFront } from "../../src/http/index.ts";
import { createHub, sse, type Hub } from "../../src/index.ts";
import { listenFetch } from "./fetch-server.ts";
import { listen } from "./node-server.ts";

const JSON_TYPE = { "Content-Type": "application/json" };

/** What a page's `EventSource` saw. */
interface Seen {
  readonly events: readonly { readonly data: string; readonly lastEventId: string }[];
  readonly opened: number;
  readonly errors: number;
  readonly readyState: number;
}

/** Opens an `EventSource` in a page, which from then on notes what it sees. */
async function subscribe(page: Page, url: string, withCredentials = false): Promise<() => Promise<Seen>> {
  await page.evaluate(
    (address, credentials) => {
      const source = new EventSource(address, { withCredentials: credentials });
      const seen = { events: [] as object[], opened: 0, errors: 0 };
      source.addEventListener("open", () => seen.opened++);
      source.addEventListener("error", () => seen.errors++);
      source.addEventListener("message", ({ data, lastEventId }) => seen.events.push({ data, lastEventId }));
      Object.assign(globalThis, { look: () => ({ ...seen, readyState: source.readyState }) });
    },
    url,
    withCredentials,
  );
  return () => page.evaluate(() => (globalThis as unknown as { look: () => Seen }).look());
}

/** Publishes from a page with `fetch`; answers the status, or what went wrong. */
function publishFrom(page: Page, url: string, init: RequestInit = {}): Promise<number | string> {
  return page.evaluate(
    (address, more) =>
      fetch(address, JSON.parse(more) as RequestInit).then(
        ({ status }) => status,
        (error: unknown) => String(error),
      ),
    url,
    JSON.stringify({ method: "POST", headers: JSON_TYPE, body: '{"topic":"a","data":"from the page"}', ...init }),
  );
}

describe.each(browsers)("in %s", (name) => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await launchBrowser(name);
  }, 60_000);
  afterAll(() => browser?.close());

  /** A page of another origin than the hub's: another port is enough. */
  async function foreignPage(): Promise<{ page: Page; origin: string }> {
    const { url } = await listen((_, res) => {
      res.setHeader("Content-Type", "text/html");
      res.end("<!doctype html><title>A page</title>");
    });
    const page = await browser.newPage();
    onTestFinished(() => page.close());
    await page.goto(url);
    return { page, origin: url };
  }

  async function frontFor(origins: readonly string[]): Promise<{ hub: Hub; url: string }> {
    const hub = createHub();
    onTestFinished(() => hub.close({ drain: 0 }));
    const front = createFront(hub, { origins });
    const { url } = await listen((req, res) => void front.handle(req, res));
    return { hub, url };
  }

  test("a page of a listed origin subscribes with credentials, publishes, and resumes after a cut", async () => {
    const { page, origin } = await foreignPage();
    const hub = createHub({ retry: { min: 50, max: 100 } });
    onTestFinished(() => hub.close({ drain: 0 }));
    const front = createFront(hub, { origins: [origin] });
    const { server, url } = await listen((req, res) => void front.handle(req, res));
    const seen = await subscribe(page, `${url}/events?topic=a`, true);
    await expect.poll(async () => (await seen()).opened).toBe(1);
    expect(await publishFrom(page, `${url}/publish`, { credentials: "include" })).toBe(200);
    await expect.poll(async () => (await seen()).events.map(({ data }) => data)).toEqual(["from the page"]);
    const [first] = (await seen()).events;
    // Its id is on the next request, which for another origin may need a preflight of its own.
    server.closeAllConnections();
    const { id } = await hub.publish("a", { data: "while it was cut" });
    await expect.poll(async () => (await seen()).events.length, { timeout: 15_000 }).toBe(2);
    expect((await seen()).events).toEqual([first, { data: "while it was cut", lastEventId: id }]);
    expect(hub.stats()).toMatchObject({ resets: 0, gaps: 0 });
  });

  test("a page of another origin can neither subscribe nor publish", async () => {
    const { page } = await foreignPage();
    const { hub, url } = await frontFor(["https://app.example"]);
    const seen = await subscribe(page, `${url}/events?topic=a&from=earliest`, true);
    await expect.poll(async () => (await seen()).readyState).toBe(2);
    expect(await publishFrom(page, `${url}/publish`)).toMatch(/TypeError/);
    // What needs no preflight is not taken either.
    await publishFrom(page, `${url}/publish`, { mode: "no-cors", headers: { "Content-Type": "text/plain" } });
    await publishFrom(page, `${url}/publish`, { mode: "no-cors", headers: {} });
    expect(hub.stats().published).toBe(0);
    await hub.publish("a", { data: "secret" });
    expect(await seen()).toMatchObject({ events: [], opened: 0, readyState: 2 });
  });

  test("a stream of sse ends for good when its iterator returns: no request follows", async () => {
    const requests: string[] = [];
    const { url } = await listenFetch((request) => {
      if (new URL(request.url).pathname !== "/stream")
        return new Response("<!doctype html>", { headers: { "Content-Type": "text/html" } });
      requests.push(request.headers.get("last-event-id") ?? "");
      return sse(request, ["one", { data: "two", id: "2" }]);
    });
    const page = await browser.newPage();
    onTestFinished(() => page.close());
    await page.goto(url);
    const seen = await subscribe(page, `${url}/stream`);
    await expect.poll(async () => (await seen()).readyState, { timeout: 15_000 }).toBe(2);
    expect((await seen()).events).toEqual([
      { data: "one", lastEventId: "" },
      { data: "two", lastEventId: "2" },
    ]);
    // A second one that lives and ends later shows that the first asks for nothing meanwhile.
    const other = await subscribe(page, `${url}/stream?again`);
    await expect.poll(async () => (await other()).readyState, { timeout: 15_000 }).toBe(2);
    expect(requests).toEqual(["", "tidings-end", "", "tidings-end"]);
  });

  test("a stream of sse that failed is asked for again, with the last id", async () => {
    const ids: string[] = [];
    const { url } = await listenFetch((request) => {
      if (new URL(request.url).pathname !== "/stream")
        return new Response("<!doctype html>", { headers: { "Content-Type": "text/html" } });
      return sse(request, function* ({ lastEventId }) {
        ids.push(lastEventId);
        yield { data: `after ${lastEventId}`, id: `grüße-${ids.length}`, retry: 50 };
        if (ids.length < 3) throw new Error("It broke");
      });
    });
    const page = await browser.newPage();
    onTestFinished(() => page.close());
    await page.goto(url);
    const seen = await subscribe(page, `${url}/stream`);
    await expect.poll(async () => (await seen()).readyState, { timeout: 20_000 }).toBe(2);
    expect(ids).toEqual(["", "grüße-1", "grüße-2"]);
    expect((await seen()).events.map(({ data }) => data)).toEqual(["after ", "after grüße-1", "after grüße-2"]);
  });
});
