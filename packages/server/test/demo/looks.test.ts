import type { Browser } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { browsers, launchBrowser } from "../../../../test/browsers.ts";
import { faintTexts } from "./contrast.ts";
import { openDemoPage } from "./demo-page.ts";
import { type RunningDemo, startDemo } from "./running-demo.ts";

describe.each(browsers)("the demo page's looks in %s", { timeout: 90_000 }, (name) => {
  let demo: RunningDemo;
  let browser: Browser;
  beforeAll(async () => {
    [demo, browser] = await Promise.all([startDemo(), launchBrowser(name)]);
    await demo.publish("demo/chat", "chat", { from: "x".repeat(40), text: "a".repeat(300) });
    for (const type of ["success", "warning", "error", "info"]) {
      await demo.publish("demo/notifications", "notification", { type, title: "t".repeat(200), text: "w".repeat(300) });
    }
    await demo.publish("demo/lines/memory", "line", { metric: "memory", above: 0.01 });
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await demo?.kill();
  });

  test.each([360, 520, 700, 820, 1240])("fits a window %i wide without scrolling sideways", async (width) => {
    const { page, untilText } = await openDemoPage(browser, demo.url);
    await page.setViewport({ width, height: 800 });
    await untilText("#chat", "aaaa");
    await untilText("#frames", "tidings:live");
    const { content, window } = await page.evaluate(() => ({
      content: document.documentElement.scrollWidth,
      window: innerWidth,
    }));
    expect(window).toBe(width);
    expect(content).toBeLessThanOrEqual(window);
    await page.close();
  });

  test.each(["light", "dark"])("can be read in %s: a contrast of at least 4.5 everywhere", async (scheme) => {
    const { page, until, untilState, complaints } = await openDemoPage(browser, demo.url);
    await page.evaluate((value) => (document.documentElement.style.colorScheme = value), scheme);
    await until(() => document.querySelector("#metric-memory.over") !== null);
    await page.click("#cut");
    await untilState("Line cut");
    await untilState("Live");
    await until(() => document.querySelector("#frames .replayed") !== null);
    const paper = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    expect(paper).toBe(scheme === "light" ? "rgb(247, 245, 240)" : "rgb(18, 20, 21)");
    expect(await page.evaluate(faintTexts)).toEqual([]);
    expect(complaints).toEqual([]);
    await page.close();
  });

  test("names every control, and shows the focus on every one", async () => {
    const { page } = await openDemoPage(browser, demo.url);
    const seen = new Set<string>();
    for (;;) {
      await page.keyboard.press("Tab");
      const focused = await page.evaluate(() => {
        const element = document.activeElement;
        if (!(element instanceof HTMLElement) || element.matches("html, body")) return undefined;
        const label =
          element.getAttribute("aria-label") ?? element.getAttribute("aria-labelledby") ?? element.textContent?.trim();
        const { tagName, id } = element;
        return { is: `${tagName}#${id}`, label: label ?? "", outline: getComputedStyle(element).outlineStyle };
      });
      // Once round: then the focus is on the browser's own controls.
      if (focused === undefined || seen.has(focused.is + focused.label)) break;
      expect([focused.is, focused.label]).not.toContain("");
      expect([focused.is, focused.outline]).toEqual([focused.is, "solid"]);
      seen.add(focused.is + focused.label);
    }
    expect(seen.size).toBeGreaterThan(20);
    await page.close();
  });
});
