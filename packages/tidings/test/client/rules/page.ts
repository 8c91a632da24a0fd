import type { Browser, Page } from "puppeteer-core";
import { expect, onTestFinished } from "vitest";

import { type BrowserServer, startBrowserServer } from "../browser-server.ts";
import { rule } from "./rule.ts";

/** What the pages have in their global scope: our class. */
interface OurPage {
  readonly Ours: typeof EventSource;
}

/** What a page noted: its own sources are in `globalThis.sources`, its notes in `globalThis.notes`. */
async function notes(page: Page): Promise<string[]> {
  return await page.evaluate(() => (globalThis as unknown as { notes: string[] }).notes);
}

/** Rules that need a document, a worker or another origin: 1, 2, 5, 11, 52, 53, 55. */
export function pageRules(browser: () => Browser): void {
  async function openPage(): Promise<{ page: Page; server: BrowserServer }> {
    const server = await startBrowserServer();
    const page = await browser().newPage();
    onTestFinished(() => page.close());
    await page.goto(`${server.url}/folder/page`);
    return { page, server };
  }

  rule(1, "the URL is made a text and resolved", async () => {
    const { page, server } = await openPage();
    const urls = await page.evaluate(async () => {
      const { Ours } = globalThis as unknown as OurPage;
      const given = ["", "x", 1, null, undefined, { toString: () => "object" }, "//other.example/x", "?q#h"];
      const resolve = (): string[][] =>
        given.map((url) => {
          const [ours, native] = [new Ours(url as string), new EventSource(url as string)];
          ours.close();
          native.close();
          return [ours.url, native.url];
        });
      const plainly = resolve();
      const base = document.createElement("base");
      base.href = "/another/base";
      document.head.append(base);
      return [...plainly, ...resolve()];
    });
    for (const [ours, native] of urls) expect(ours).toBe(native);
    expect(urls[0]?.[0]).toBe(`${server.url}/folder/page`);
  });

  rule(5, "credentials go to another origin only if asked", async () => {
    const { page, server } = await openPage();
    const other = await startBrowserServer();
    const cookies = await page.evaluate(async (address) => {
      const { Ours } = globalThis as unknown as OurPage;
      document.cookie = "crumb=1; path=/";
      const seen: string[] = [];
      for (const [url, withCredentials] of [
        ["/cookie", false],
        [`${address}/cookie`, false],
        [`${address}/cookie`, true],
      ] as const) {
        const source = new Ours(url, { withCredentials });
        seen.push(
          await new Promise((resolve) => source.addEventListener("message", ({ data }) => resolve(data as string))),
        );
        source.close();
      }
      return seen;
    }, other.url);
    expect(cookies).toEqual(["crumb=1", "", "crumb=1"]);
    expect(server.seen.some(({ path }) => path === "/cookie")).toBe(true);
  });

  rule(
    11,
    "another network error is not the end",
    async () => {
      const { page } = await openPage();
      const other = await startBrowserServer();
      const states = await page.evaluate(async (address) => {
        const { Ours } = globalThis as unknown as OurPage;
        return await Promise.all(
          [Ours, EventSource].map(async (Class) => {
            const source = new Class(`${address}/refused-by-cors`);
            await new Promise((resolve) => source.addEventListener("error", resolve, { once: true }));
            const { readyState } = source;
            source.close();
            return readyState;
          }),
        );
      }, other.url);
      expect(states).toEqual([0, 2]);
    },
    { but: "a refusal by CORS looks like any network error, so it is tried again" },
  );

  rule(
    52,
    "Last-Event-ID goes to another origin",
    async () => {
      const { page } = await openPage();
      const other = await startBrowserServer();
      const data = await page.evaluate(async (address) => {
        const { Ours } = globalThis as unknown as OurPage;
        const source = new Ours(`${address}/ids`, { retry: { min: 1, base: 1 } } as EventSourceInit);
        return await new Promise<string>((resolve) =>
          source.addEventListener("message", ({ data: text }) => {
            if (text !== "after 1") return;
            source.close();
            resolve(text as string);
          }),
        );
      }, other.url);
      expect(data).toBe("after 1");
      expect(other.seen.map(({ method }) => method)).toEqual(["GET", "OPTIONS", "GET"]);
    },
    { but: "fetch asks by a preflight first, whatever the id" },
  );

  rule(53, "leaving the page closes; coming back by the back/forward cache connects again", async () => {
    const { page, server } = await openPage();
    await page.evaluate(async () => {
      const { Ours } = globalThis as unknown as OurPage;
      const source = new Ours("/ids-open");
      const noted: string[] = [];
      Object.assign(globalThis, { notes: noted, source });
      for (const type of ["open", "error", "message"])
        source.addEventListener(type, (event) =>
          noted.push(type === "message" ? (event as MessageEvent<string>).data : type),
        );
      addEventListener("pageshow", ({ persisted }) => noted.push(`pageshow ${persisted}`));
    });
    await expect.poll(() => notes(page)).toEqual(["open", "after nothing"]);
    await page.goto(`${server.url}/folder/elsewhere`);
    await expect.poll(() => server.open).toBe(0);
    await page.goBack();
    await expect.poll(() => notes(page)).toEqual(["open", "after nothing", "pageshow true", "open", "after 1"]);
  });

  rule(55, "in windows, dedicated and shared workers", async () => {
    const { page, server } = await openPage();
    const seen = await page.evaluate(async () => {
      const dedicated = new Worker("/worker.js", { type: "module" });
      const shared = new SharedWorker("/worker.js", { type: "module" });
      shared.port.start();
      const heard = (port: EventTarget): Promise<unknown> =>
        new Promise((resolve) =>
          port.addEventListener("message", (event) => resolve((event as MessageEvent<unknown>).data), { once: true }),
        );
      return await Promise.all([heard(dedicated), heard(shared.port)]);
    });
    // Relative to the worker's script, not to the page.
    expect(seen).toEqual([
      { url: `${server.url}/ids-open`, data: "after nothing", scope: "DedicatedWorkerGlobalScope" },
      { url: `${server.url}/ids-open`, data: "after nothing", scope: "SharedWorkerGlobalScope" },
    ]);
  });
}
