import { expect, onTestFinished, test } from "vitest";

import { launchBrowser } from "../../../../test/browsers.ts";
import { startBrowserServer } from "./browser-server.ts";

/** What the page has in its global scope: our class. */
interface OurPage {
  readonly Ours: typeof EventSource;
}

test("a page that goes offline drops its stream, and has it back at once when it is online, with its cursor", async () => {
  const browser = await launchBrowser("chromium");
  onTestFinished(() => browser.close());
  const server = await startBrowserServer();
  const page = await browser.newPage();
  await page.goto(`${server.url}/folder/page`);
  await page.evaluate(() => {
    const { Ours } = globalThis as unknown as OurPage;
    // Its own back-off would let it wait for a minute and more.
    const source = new Ours("/ids-open", { retry: { min: 60_000 } } as EventSourceInit);
    const notes: string[] = [];
    Object.assign(globalThis, { notes });
    source.addEventListener("message", ({ data }) => notes.push(data as string));
    source.addEventListener("error", (event) => {
      notes.push((event as unknown as { error: { code: string } }).error.code);
    });
  });
  const notes = (): Promise<string[]> => page.evaluate(() => (globalThis as unknown as { notes: string[] }).notes);
  await expect.poll(notes).toEqual(["after nothing"]);
  await page.setOfflineMode(true);
  await expect.poll(() => server.open).toBe(0);
  expect(await notes()).toEqual(["after nothing", "offline"]);
  await page.setOfflineMode(false);
  await expect.poll(notes).toEqual(["after nothing", "offline", "after 1"]);
});
