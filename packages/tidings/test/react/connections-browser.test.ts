import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import react from "@vitejs/plugin-react";
import type { Browser, Page } from "puppeteer-core";
import { afterAll, beforeAll, expect, test, vi } from "vitest";

import { launchBrowser } from "../../../../test/browsers.ts";
import { createCountingHub } from "../counting-hub.ts";
import { startDevServer } from "../dev-server.ts";

let browser: Browser;
vi.setConfig({ testTimeout: 90_000 });

beforeAll(async () => {
  browser = await launchBrowser("chromium");
});
afterAll(() => browser?.close());

async function shows(page: Page, selector: string, text: string): Promise<void> {
  await page.waitForFunction(
    (where, wanted) => document.querySelector(where)?.textContent === wanted,
    { polling: 20 },
    selector,
    text,
  );
}

test.for([
  // What fast refresh can patch keeps its state; what it cannot is mounted anew, provider and all.
  ["with components that are patched", () => [react()], true],
  ["with all mounted anew", () => [], false],
] as const)(
  "strict mode, routes and hot reload %s: never more than one connection",
  async ([, plugins, keepsState]) => {
    const server = createCountingHub();
    const { url, folder } = await startDevServer(join(import.meta.dirname, "page"), server, plugins());
    const page = await browser.newPage();
    const errors: string[] = [];
    page.on("pageerror", (error) => errors.push(String(error)));
    await page.goto(url);
    await shows(page, "#state", "live");
    // The dev server may load the page twice, while it finds out what it depends on.
    await expect.poll(() => server.open).toBe(1);

    // From its beginning: strict mode has mounted everything twice by the time that it is live.
    await page.goto("about:blank");
    await expect.poll(() => server.open).toBe(0);
    server.reset();
    await page.goto(url);
    await shows(page, "#state", "live");

    const number = (selector: string): Promise<number> =>
      page.$eval(selector, ({ textContent }) => Number(textContent));
    /** What is on the screen now hears: it has only just asked, so it may take some events until it does. */
    const hears = async (selector: string, topic: string): Promise<void> => {
      const before = await number(selector);
      const later = async (): Promise<number> => {
        await server.hub.publish(topic, { event: "number", data: performance.now() });
        return await number(selector);
      };
      await expect.poll(later).toBeGreaterThan(before);
    };
    await hears("#newest", "numbers");

    // Routes: some with topics of their own, some without, one after the other.
    let visits = 1;
    const go = async (version: number): Promise<void> => {
      visits += 1;
      await page.click("#next");
      if (visits % 3 === 0) return;
      await shows(page, "#route", `version-${version}-${visits}`);
      await hears("#count", `routes/version-${version}-${visits}`);
      await hears("#newest", "numbers");
    };
    for (let i = 0; i < 9; i += 1) await go(0);

    // Hot reload: the module is evaluated anew.
    const file = join(folder, "app.tsx");
    for (let version = 1; version <= 3; version += 1) {
      const text = await readFile(file, "utf8");
      await writeFile(file, text.replace(/version-\d+/, `version-${version}`));
      await shows(page, "#version", `version-${version}`);
      if (!keepsState) visits = 1;
      await shows(page, "#route", `version-${version}-${visits}`);
      await hears("#count", `routes/version-${version}-${visits}`);
      await hears("#newest", "numbers");
      await shows(page, "#state", "live");
    }

    expect(errors).toEqual([]);
    expect({ open: server.open, most: server.most, opened: server.opened }).toEqual({ open: 1, most: 1, opened: 1 });
    await page.close();
    await expect.poll(() => server.open).toBe(0);
    await server.hub.close();
  },
);
