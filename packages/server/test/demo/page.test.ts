import { execFile } from "node:child_process";
import { promisify } from "node:util";

import type { Browser } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { browsers, launchBrowser } from "../../../../test/browsers.ts";
import { openDemoPage } from "./demo-page.ts";
import { MAIN, type RunningDemo, startDemo } from "./running-demo.ts";

const run = promisify(execFile);

describe.each(browsers)("the demo page in %s", { timeout: 90_000 }, (name) => {
  let demo: RunningDemo;
  let browser: Browser;
  beforeAll(async () => {
    [demo, browser] = await Promise.all([startDemo(), launchBrowser(name)]);
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await demo?.kill();
  });

  test("says that it is live, and counts what it receives", async () => {
    const { page, fact, text, until, complaints } = await openDemoPage(browser, demo.url);
    const before = await fact("received");
    await until(
      (least) => Number(document.querySelector("#received")?.textContent?.replaceAll(",", "")) > least,
      before + 4,
    );
    expect(await text("#last-event")).toMatch(/^[A-Za-z0-9]+-\d+-[a-z0-9]+$/);
    expect(await fact("lost")).toBe(0);
    expect(await fact("replayed")).toBe(0);
    expect(await page.$eval("#state", (state) => state.getAttribute("role"))).toBe("status");
    expect(complaints).toEqual([]);
    await page.close();
  });

  test("shows the machine's real figures, and moves with them", async () => {
    const { page, text, until } = await openDemoPage(browser, demo.url);
    for (const metric of ["cpu", "memory", "connections", "events"]) {
      await until((id) => /\d/.test(document.querySelector(`#metric-${id} .value`)?.textContent ?? ""), metric);
      const curve = await page.$eval(`#metric-${metric} .curve`, (path) => path.getAttribute("d"));
      await until(
        (id, old) => document.querySelector(`#metric-${id} .curve`)?.getAttribute("d") !== old,
        metric,
        curve,
      );
    }
    expect(Number.parseFloat(await text("#metric-memory .value"))).toBeGreaterThan(0);
    expect(Number.parseFloat(await text("#metric-connections .value"))).toBeGreaterThanOrEqual(1);
    await until(() =>
      /^Memory: [\d.]+ %, between/.test(document.querySelector("#metric-memory svg")?.getAttribute("aria-label") ?? ""),
    );

    const second = await openDemoPage(browser, demo.url);
    const streams = await fetch(`${demo.url}/events?topic=other`);
    await until(() => Number(document.querySelector("#metric-connections .value")?.textContent) >= 3);
    await streams.body?.cancel();
    await second.page.close();
    await page.close();
  });

  test("begins with what there was before it was opened", async () => {
    await demo.publish("demo/chat", "chat", { from: "early", text: "said before the page was there" });
    const { page, until, untilText, fact } = await openDemoPage(browser, demo.url);
    await untilText("#chat", "said before the page was there");
    await until(() => document.querySelectorAll("#wire .tick.before").length > 0);
    expect(await fact("replayed")).toBe(0);
    await page.close();
  });

  test("carries a chat message from one tab to another", async () => {
    const one = await openDemoPage(browser, demo.url);
    const two = await openDemoPage(browser, demo.url);
    await one.page.bringToFront();
    await one.page.$eval("#chat-name", (input) => ((input as HTMLInputElement).value = "ada"));
    await one.page.type("#chat-text", "does it arrive? <b>&amp;");
    await one.page.click("#chat-form button");
    await one.untilText("#chat", "ada does it arrive? <b>&amp;");
    await two.untilText("#chat", "ada does it arrive? <b>&amp;");
    expect(await one.page.$eval("#chat-text", (input) => (input as HTMLInputElement).value)).toBe("");
    await one.page.close();
    await two.page.close();
  });

  test("can chat by keyboard alone", async () => {
    const { page, untilText } = await openDemoPage(browser, demo.url);
    const focused = (): Promise<string> => page.evaluate(() => document.activeElement?.id ?? "");
    for (let presses = 0; presses < 60 && (await focused()) !== "chat-text"; presses += 1)
      await page.keyboard.press("Tab");
    expect(await focused()).toBe("chat-text");
    await page.keyboard.type("without a mouse");
    await page.keyboard.press("Enter");
    await untilText("#chat", "without a mouse");
    await page.close();
  });

  test("sends and shows a notification of each type", async () => {
    const { page, until } = await openDemoPage(browser, demo.url);
    for (const type of ["success", "warning", "error", "info"]) {
      await page.click(`button[data-notify="${type}"]`);
      await until(
        (wanted) =>
          document.querySelector(`#notifications .toast.${wanted}`)?.textContent?.includes("sent by hand") === true,
        type,
      );
    }
    await until(() => document.querySelector("#announcer")?.textContent !== "");
    await page.close();
  });

  test("puts live notifications on the desktop when asked, and says what to do where they are blocked", async () => {
    const allowed = await openDemoPage(browser, demo.url, () => {
      const shown: string[] = [];
      const recorder = class {
        static permission = "granted";
        constructor(title: string) {
          shown.push(title);
        }
      };
      Object.assign(globalThis, { Notification: recorder, shown });
    });
    await allowed.page.click("#desktop");
    await allowed.until(() => document.querySelector("#desktop")?.getAttribute("aria-pressed") === "true");
    await demo.publish("demo/notifications", "notification", { type: "info", title: "To the desktop", text: "now" });
    await allowed.until(() => (globalThis as unknown as { shown: string[] }).shown.includes("To the desktop"));
    await allowed.page.close();

    const blocked = await openDemoPage(browser, demo.url, () => {
      Object.assign(globalThis, { Notification: { permission: "denied" } });
    });
    await blocked.page.click("#desktop");
    await blocked.untilText("#desktop-hint", "Allow notifications");
    expect(await blocked.page.$eval("#desktop", (button) => button.getAttribute("aria-pressed"))).toBe("false");
    await blocked.page.close();
  });

  test("alerts once when a value crosses its line, with two pages open", async () => {
    const one = await openDemoPage(browser, demo.url);
    const two = await openDemoPage(browser, demo.url);
    const setLine = async (above: string): Promise<void> => {
      await one.page.$eval("#line-memory", (input, value) => ((input as HTMLInputElement).value = value), above);
      await one.page.$eval("#line-memory", (input) => input.dispatchEvent(new Event("change")));
      for (const each of [one, two]) {
        await each.until(
          (value) => (document.querySelector("#line-memory") as HTMLInputElement).value === value,
          above,
        );
      }
    };
    await setLine("100");
    for (const each of [one, two]) {
      const curve = await each.page.$eval("#metric-memory .curve", (path) => path.getAttribute("d"));
      await each.until((old) => document.querySelector("#metric-memory .curve")?.getAttribute("d") !== old, curve);
    }
    const sent = (each: typeof one): Promise<number> =>
      each.page.evaluate(
        () => performance.getEntriesByType("resource").filter((entry) => entry.name.endsWith("/publish")).length,
      );
    const before = await Promise.all([sent(one), sent(two)]);
    await setLine("0.01");
    for (const [i, each] of [one, two].entries()) {
      await each.untilText("#notifications", "Memory above 0.01 %");
      await each.until(() => document.querySelector("#metric-memory.over") !== null);
      const least = (before[i] ?? 0) + (each === one ? 2 : 1);
      await each.until(
        (wanted) =>
          performance.getEntriesByType("resource").filter((entry) => entry.name.endsWith("/publish")).length >= wanted,
        least,
      );
    }
    // Both have published the alert. What comes after the next notification comes after the second one's, too.
    await demo.publish("demo/notifications", "notification", { type: "info", title: "Marker", text: "" });
    for (const each of [one, two]) {
      await each.untilText("#notifications", "Marker");
      const alerts = await each.text("#notifications");
      expect(alerts.split("Memory above 0.01 %").length - 1).toBe(1);
      await each.page.close();
    }
  });

  test("opens the client when asked: one connection for the tabs that do, and what it says of itself", async () => {
    const tabs = [await openDemoPage(browser, demo.url), await openDemoPage(browser, demo.url)];
    for (const { page, complaints, untilText } of tabs) {
      await page.bringToFront();
      expect(await page.$eval("#client-facts", (list) => (list as HTMLElement).hidden)).toBe(true);
      await page.click("#client-toggle");
      await untilText("#client-facts", "statelive");
      await untilText("#client-facts", "demo/** × 1");
      expect(complaints).toEqual([]);
    }
    const roles = await Promise.all(tabs.map(({ text }) => text("#client-facts")));
    const leads = roles.map((words) => words.includes("roleleader"));
    const follows = roles.map((words) => words.includes("rolefollower"));
    expect(leads.filter(Boolean)).toHaveLength(1);
    expect(follows).toEqual(leads.map((each) => !each));
    // Who led is closed: the other leads, and goes on.
    const [leader, left] = leads[0] === true ? tabs : tabs.toReversed();
    await leader?.page.close();
    await left?.untilText("#client-facts", "roleleader");
    await left?.untilText("#client-facts", "statelive");
    expect(await left?.text("#client-facts")).toContain("gaps0resets0last errornone");
    await left?.page.bringToFront();
    await left?.page.click("#client-toggle");
    await left?.until(() => document.querySelector("#client-facts")?.hasAttribute("hidden") === true);
    await left?.page.close();
  });

  test("fills the feed with what happens", async () => {
    const { page, untilText } = await openDemoPage(browser, demo.url);
    const stream = await fetch(`${demo.url}/events?topic=other`);
    await untilText("#feed", "opened");
    await stream.body?.cancel();
    await untilText("#feed", "ended");
    await page.close();
  });

  test("runs the long operation to its end, with the bar moving, and refuses a second one", async () => {
    const { page, until, untilText } = await openDemoPage(browser, demo.url);
    await page.click("#operation-start");
    await untilText("#operation-words", "Hashing");
    const share = (): Promise<number> => page.$eval("#operation-bar", (bar) => (bar as HTMLProgressElement).position);
    const first = await share();
    await page.click("#operation-start");
    await untilText("#operation-error", "running");
    await until((least) => (document.querySelector("#operation-bar") as HTMLProgressElement).position > least, first);
    await untilText("#operation-words", "hashed in");
    expect(await share()).toBe(1);
    await untilText("#notifications", "Files checked");
    await page.close();
  });

  test("shows what came over the wire, and holds still on request", async () => {
    const { page, until, untilText } = await openDemoPage(browser, demo.url);
    await demo.publish("demo/chat", "chat", { from: "curl", text: "on the wire" });
    await untilText("#frames", "on the wire");
    await untilText("#frames", "tidings:live");
    await page.click("#frames-hold");
    await until(() => document.querySelector(".frames .held button")?.textContent?.includes("new") === true);
    const held = await page.$eval("#frames", (list) => list.textContent);
    await until(() => Number.parseInt(document.querySelector(".frames .held button")?.textContent ?? "", 10) > 3);
    expect(await page.$eval("#frames", (list) => list.textContent)).toBe(held);
    await page.click("#frames-hold");
    await until((old) => document.querySelector("#frames")?.textContent !== old, held);
    await page.close();
  });

  test("gives commands that work as they stand", async () => {
    const { page, text, untilText } = await openDemoPage(browser, demo.url);
    await run("sh", ["-c", await text("#command-curl")]);
    await untilText("#chat", "curl hello");
    const command = (await text("#command-cli")).replace("npx tidings", `'${process.execPath}' '${MAIN}'`);
    await run("sh", ["-c", command]);
    await untilText("#chat", "shell hello");
    expect(await text("#command-tail")).toBe(`curl -N '${demo.url}/events?topic=demo/**'`);
    await page.close();
  });
});
