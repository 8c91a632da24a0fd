import { join } from "node:path";

import type { Browser } from "puppeteer-core";
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

test(
  "the notification centre starts with one command, and tells each what is theirs",
  { timeout: 120_000 },
  async () => {
    const env = { PORT: "0" };
    const program = startGroup("npm", ["start", "-w", "examples/vue-notifications"], { cwd: root, env });
    const [url] = await program.until(/http:\/\/localhost:\d+/);
    const publish = async (person: string, title: string): Promise<void> => {
      const data = { kind: "warning", title, text: "by a test", at: Date.now() };
      const response = await fetch(`${url}/publish`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ topic: `people/${person}`, event: "notice", data }),
      });
      expect(response.status).toBe(200);
    };

    const page = await browser.newPage();
    const complaints: string[] = [];
    page.on("console", (message) => {
      if (["error", "warn"].includes(message.type())) complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(String(error)));
    const until = (selector: string, text: string): Promise<unknown> =>
      page.waitForFunction(
        (where, wanted) => document.querySelector(where)?.textContent.includes(wanted),
        {},
        selector,
        text,
      );
    await page.goto(url);
    await until(".state", "Live");

    // What was there before, what comes, and nothing of others.
    await page.waitForFunction(() => document.querySelectorAll(".notices li").length >= 2);
    await publish("grace", "For Grace alone");
    await publish("ada", "For Ada alone");
    await until(".notices", "For Ada alone");
    await until(".arrivals", "For Ada alone");
    expect(await page.$eval(".notices", ({ textContent }) => textContent)).not.toContain("For Grace alone");

    // Sent by hand: it comes back as everyone's do.
    await page.type("form input", "Written by hand");
    await page.keyboard.press("Enter");
    await until(".notices", "Written by hand");

    // Read.
    await page.click(".row button");
    await page.waitForFunction(() => document.querySelectorAll(".notices li.read").length >= 4);

    // Another person: the topic follows, and brings what was there.
    await page.click("nav button:nth-child(2)");
    await until(".notices", "For Grace alone");
    expect(await page.$eval(".notices", ({ textContent }) => textContent)).not.toContain("For Ada alone");
    await publish("grace", "And this came later");
    await until(".notices", "And this came later");

    for (const scheme of ["light", "dark"]) {
      await page.evaluate((value) => (document.documentElement.style.colorScheme = value), scheme);
      expect([scheme, ...(await page.evaluate(faintTexts))]).toEqual([scheme]);
    }
    await page.setViewport({ width: 360, height: 700 });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(wide).toBeLessThanOrEqual(360);
    expect(complaints).toEqual([]);
    await page.close();
  },
);
