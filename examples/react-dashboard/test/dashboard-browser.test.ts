import { join } from "node:path";

import type { Browser, Page } from "puppeteer-core";
import { afterAll, beforeAll, expect, test } from "vitest";

import { launchBrowser } from "../../../test/browsers.ts";
import { startGroup } from "../../../test/process-group.ts";
import { faintTexts } from "../../../packages/server/test/demo/contrast.ts";

const root = join(import.meta.dirname, "../../..");

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser("chromium");
});
afterAll(() => browser?.close());

const orders = (page: Page): Promise<number> =>
  page.$eval(".figures dd", ({ textContent }) => Number(textContent.replaceAll(",", "")));

async function untilState(page: Page, words: string): Promise<void> {
  await page.waitForFunction((wanted) => document.querySelector(".state")?.textContent === wanted, {}, words);
}

test("the dashboard starts with one command, and counts what a hub publishes", { timeout: 120_000 }, async () => {
  const env = { PORT: "0" };
  const program = startGroup("npm", ["start", "-w", "examples/react-dashboard"], { cwd: root, env });
  const [url] = await program.until(/http:\/\/localhost:\d+/);

  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (["error", "warn"].includes(message.type())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  await page.goto(url);
  await untilState(page, "Live");

  // What was there before it came, and then each order: one's own, too.
  await page.waitForFunction(() => Number(document.querySelector(".figures dd")?.textContent) >= 20);
  await page.waitForFunction(() => document.querySelectorAll(".stock b:not(:empty)").length === 5);
  const before = await orders(page);
  const [answer] = await Promise.all([
    page.waitForResponse((response) => response.url().endsWith("/publish")),
    page.click("button.primary"),
  ]);
  expect(answer.status()).toBe(200);

  // A burst of a cent each. What the shop sells costs whole or half euros, so the cents count the burst.
  const publish = (number: number): Promise<Response> =>
    fetch(`${url}/publish`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({
        topic: "orders/west",
        event: "order.paid",
        data: { number, region: "west", product: "clock", sum: 0.01, at: Date.now() },
      }),
    });
  await Promise.all(Array.from({ length: 133 }, (_, i) => publish(5_000_000 + i)));
  await page.waitForFunction(
    (least) => Number(document.querySelector(".figures dd")?.textContent) >= least,
    {},
    before + 134,
  );

  const revenue = await page.$eval(".figures div:nth-child(2) dd", ({ textContent }) => textContent);
  expect(["33", "83"]).toContain(/\.(\d\d) €$/.exec(revenue)?.[1]);

  // A region joins late, with what was there before.
  await page.click('a[href="#west"]');
  await page.waitForFunction(() => document.querySelectorAll(".rows li").length === 8);
  expect(await page.$eval("h2", ({ textContent }) => textContent)).toBe("west");
  await page.click('a[href="#"]');
  await page.waitForSelector(".ticks line");

  for (const scheme of ["light", "dark"]) {
    await page.evaluate((value) => (document.documentElement.style.colorScheme = value), scheme);
    expect([scheme, ...(await page.evaluate(faintTexts))]).toEqual([scheme]);
  }
  await page.setViewport({ width: 360, height: 700 });
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  expect(wide).toBeLessThanOrEqual(360);
  expect(complaints).toEqual([]);
  await page.close();
});
