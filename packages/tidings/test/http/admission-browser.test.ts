import type { Browser, Page } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";

import { browsers, launchBrowser } from "../../../../test/browsers.ts";
import { createHub, type Hub, type HubOptions } from "../../src/index.ts";
import { dial, get } from "./connection.ts";
import { listen } from "./node-server.ts";

/** What a page's `EventSource` saw. */
interface Seen {
  readonly data: readonly string[];
  readonly opened: number;
  readonly readyState: number;
}

async function serve(options: HubOptions): Promise<{ hub: Hub; port: number; cut: () => void; url: string }> {
  const hub = createHub(options);
  onTestFinished(() => hub.close({ drain: 0 }));
  const { server, port, url } = await listen((req, res) => {
    if (req.url === "/events") {
      void hub.serve(req, res, { topics: ["a"] });
      return;
    }
    res.setHeader("Content-Type", "text/html");
    res.end("<!doctype html><title>A page</title>");
  });
  return { hub, port, url, cut: () => server.closeAllConnections() };
}

/** Opens a native `EventSource` in a page, which from then on notes what it sees. */
async function subscribe(page: Page, url: string): Promise<() => Promise<Seen>> {
  await page.goto(url);
  await page.evaluate(() => {
    const source = new EventSource("/events");
    const seen = { data: [] as string[], opened: 0 };
    source.addEventListener("open", () => seen.opened++);
    source.addEventListener("message", ({ data }) => seen.data.push(data as string));
    Object.assign(globalThis, { look: () => ({ ...seen, readyState: source.readyState }) });
  });
  return () => page.evaluate(() => (globalThis as unknown as { look: () => Seen }).look());
}

describe.each(browsers)("a native EventSource in %s", (name) => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await launchBrowser(name);
  }, 60_000);
  afterAll(() => browser?.close());

  async function newPage(): Promise<Page> {
    const page = await browser.newPage();
    onTestFinished(() => page.close());
    return page;
  }

  test(
    "that is refused comes back by itself until there is room, and has lost nothing",
    { timeout: 60_000 },
    async () => {
      const { hub, port, url, cut } = await serve({ limits: { connections: 1 }, retry: { min: 600, max: 800 } });
      const page = await newPage();
      const seen = await subscribe(page, url);
      await expect.poll(() => hub.stats().subscribersByState.live, { timeout: 15_000 }).toBe(1);
      await hub.publish("a", { data: "1" });
      await expect.poll(async () => (await seen()).data).toEqual(["1"]);

      // Its connection is cut, and someone else takes its place before it is back.
      cut();
      await expect.poll(() => hub.stats().subscribers).toBe(0);
      const other = await dial(port, get("/events"));
      await other.until(/tidings:live/);
      await hub.publish("a", { data: "2" });
      await expect.poll(() => hub.stats().refused.connections, { timeout: 30_000 }).toBeGreaterThanOrEqual(3);
      await hub.publish("a", { data: "3" });
      expect((await seen()).data).toEqual(["1"]);
      expect((await seen()).readyState).not.toBe(2);

      other.socket.destroy();
      await expect.poll(async () => (await seen()).data, { timeout: 15_000 }).toEqual(["1", "2", "3"]);
      await hub.publish("a", { data: "4" });
      await expect.poll(async () => (await seen()).data).toEqual(["1", "2", "3", "4"]);
      expect(hub.stats()).toMatchObject({ subscribers: 1, gaps: 0, resets: 0 });
    },
  );

  test(
    "whose connections expire comes back by itself each time, and has lost nothing",
    { timeout: 60_000 },
    async () => {
      const { hub, url } = await serve({ maxLifetime: 800, retry: { min: 100, max: 300 } });
      const seen = await subscribe(await newPage(), url);
      await expect.poll(() => hub.stats().subscribersByState.live, { timeout: 15_000 }).toBe(1);
      const published: string[] = [];
      while (hub.stats().closed.expired < 4) {
        published.push(String(published.length));
        await hub.publish("a", { data: published.at(-1) });
        await new Promise((resolve) => setTimeout(resolve, 30));
      }
      await expect.poll(async () => (await seen()).data, { timeout: 15_000 }).toEqual(published);
      expect((await seen()).opened).toBeGreaterThanOrEqual(4);
      expect(hub.stats()).toMatchObject({ gaps: 0, resets: 0 });
    },
  );
});
