import type { Browser } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { browsers, launchBrowser } from "../../../../test/browsers.ts";
import { openDemoPage } from "./demo-page.ts";
import { type RunningDemo, startDemo } from "./running-demo.ts";

describe.each(browsers)("the line of the demo page in %s", { timeout: 90_000 }, (name) => {
  let demo: RunningDemo;
  let browser: Browser;
  beforeAll(async () => {
    [demo, browser] = await Promise.all([startDemo(), launchBrowser(name)]);
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await demo?.kill();
  });

  test("is cut, comes back, and fills in what was missed, in amber, with nothing lost", async () => {
    const { page, fact, text, until, untilState, untilText, complaints } = await openDemoPage(browser, demo.url);
    await until(() => document.querySelectorAll("#wire .tick.live").length > 2);
    await page.click("#cut");
    await untilState("Line cut");
    expect(await text("#cut")).toMatch(/Back in \d s/);
    await demo.publish("demo/chat", "chat", { from: "curl", text: "said during the cut" });
    await untilState("Live");
    await untilText("#chat", "said during the cut");
    await until(() => Number(document.querySelector("#replayed")?.textContent) > 0);

    await expect.poll(() => fact("replayed")).toBeGreaterThanOrEqual(10);
    expect(await fact("lost")).toBe(0);
    const wire = await page.$eval("#wire", (svg) => {
      const region = svg.querySelector("rect");
      const [left, width] = ["x", "width"].map((side) => Number(region?.getAttribute(side)));
      const ticks = [...svg.querySelectorAll(".tick.replayed")];
      const places = ticks.map((tick) => Number(tick.getAttribute("x1")));
      const [replayed, live] = [".replayed", ".live"].map((kind) => {
        const tick = svg.querySelector(`.tick${kind}`);
        return tick === null ? "" : getComputedStyle(tick).stroke;
      });
      return { left: left ?? 0, width: width ?? 0, places, replayed, live };
    });
    expect(wire.width).toBeGreaterThan(4_000);
    expect(wire.replayed).toMatch(/^rgb/);
    expect(wire.replayed).not.toBe(wire.live);
    // Where they belong: inside the red region, give or take what the clocks' ticking is worth.
    for (const place of wire.places) {
      expect(place).toBeGreaterThan(wire.left - 500);
      expect(place).toBeLessThan(wire.left + wire.width + 500);
    }
    await until(() => /replayed.*cut once/.test(document.querySelector("#wire")?.getAttribute("aria-label") ?? ""));
    await until(() => document.querySelector("#frames .replayed") !== null);
    expect(complaints).toEqual([]);
    await page.close();
  });

  test("is disconnected and connected again, with what came meanwhile replayed", async () => {
    const { page, text, fact, untilState, untilText } = await openDemoPage(browser, demo.url);
    await page.click("#toggle");
    await untilState("Disconnected");
    expect(await text("#toggle")).toBe("Connect");
    expect(await page.$eval("#cut", (button) => button.getAttribute("aria-disabled"))).toBe("true");
    await demo.publish("demo/chat", "chat", { from: "curl", text: "said to a closed door" });
    expect(await text("#chat")).not.toContain("said to a closed door");
    await page.click("#toggle");
    await untilState("Live");
    await untilText("#chat", "said to a closed door");
    await expect.poll(() => fact("replayed")).toBeGreaterThan(0);
    expect(await fact("lost")).toBe(0);
    await page.close();
  });

  test("is cut by keyboard, without the focus going astray", async () => {
    const { page, untilState } = await openDemoPage(browser, demo.url);
    await page.focus("#cut");
    await page.keyboard.press("Enter");
    await untilState("Line cut");
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("cut");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await untilState("Disconnected");
    await page.close();
  });

  test("tells that the hub was restarted, and counts from the start", async () => {
    const { page, fact, until, untilState, untilText } = await openDemoPage(browser, demo.url);
    await until(() => Number(document.querySelector("#received")?.textContent) > 3);
    await demo.kill();
    await untilState("Connecting");
    demo = await startDemo(demo.port);
    await untilState("Live");
    await untilText("#notice", "another history");
    const before = await fact("received");
    await until((least) => Number(document.querySelector("#received")?.textContent) > least, before);
    expect(await fact("lost")).toBe(0);
    await page.close();
  });

  test("tells what the hub no longer has, and counts from there", async () => {
    const forgetful = await startDemo(0, ["--max-events", "20"]);
    const { page, fact, text, untilState, untilText } = await openDemoPage(browser, forgetful.url);
    await page.click("#toggle");
    await untilState("Disconnected");
    for (let i = 1; i <= 30; i += 1) {
      await forgetful.publish("demo/chat", "chat", { from: "curl", text: `message ${i}.` });
    }
    await page.click("#toggle");
    await untilState("Live");
    await untilText("#notice", "no longer has what came");
    await untilText("#chat", "message 30.");
    expect(await text("#chat")).not.toContain("message 1.");
    expect(await fact("lost")).toBe(0);
    await page.close();
    await forgetful.kill();
  });
});
