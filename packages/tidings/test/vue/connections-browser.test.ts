import { join } from "node:path";

import type { Browser } from "puppeteer-core";
import { afterAll, beforeAll, expect, test } from "vitest";

import { launchBrowser } from "../../../../test/browsers.ts";
import { createCountingHub } from "../counting-hub.ts";
import { startDevServer } from "../dev-server.ts";
import type { Control } from "./page/main.ts";

/** What the page has of its own, as counted by wrappers around the browser's functions. */
interface Left {
  timers: number;
  listeners: string[];
  locks: number;
}

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser("chromium");
});
afterAll(() => browser?.close());

test("mounted and unmounted 1,000 times, the composables leave nothing behind", { timeout: 120_000 }, async () => {
  const server = createCountingHub();
  const { url } = await startDevServer(join(import.meta.dirname, "page"), server);
  const page = await browser.newPage();
  await page.evaluateOnNewDocument(countWhatIsLeft);
  await page.goto(url);
  await page.waitForFunction(() => "control" in globalThis);
  const left = (): Promise<Left> => page.evaluate(() => (globalThis as unknown as { left(): Promise<Left> }).left());
  const nothing: Left = { timers: 0, listeners: [], locks: 0 };
  expect(await left()).toEqual(nothing);

  for (let round = 0; round < 10; round += 1) {
    await page.evaluate(async () => {
      const { control } = globalThis as unknown as { control: Control };
      for (let i = 0; i < 100; i += 1) {
        await control.show(true);
        await control.show(false);
      }
      await control.show(true);
    });
    await page.waitForFunction(() => document.querySelector("#state")?.textContent.startsWith("live"));
    const heard = await page.evaluate(() => (globalThis as unknown as { control: Control }).control.heard());
    await expect
      .poll(async () => {
        await server.hub.publish("b", { event: "n", data: round });
        return page.evaluate(() => (globalThis as unknown as { control: Control }).control.heard());
      })
      .toBeGreaterThan(heard);
    expect(await left()).not.toEqual(nothing);
    // What brings a late handler its past is over soon.
    await expect.poll(() => server.open).toBe(1);
    await page.evaluate(() => (globalThis as unknown as { control: Control }).control.show(false));
  }
  await page.evaluate(() => (globalThis as unknown as { control: Control }).control.unmount());
  await expect.poll(() => server.open, { timeout: 10_000 }).toBe(0);
  await expect.poll(left, { timeout: 10_000 }).toEqual(nothing);
  await page.close();
  await server.hub.close();
});

/** Runs inside the page, before its own code: so it uses nothing from outside itself. */
function countWhatIsLeft(): void {
  /** The dev server's client and Vue's development build wait and listen, too. */
  const isOurs = (): boolean => new Error("for its stack").stack?.includes("/packages/tidings/src/") === true;
  const timers = new Set<unknown>();
  const { setTimeout: set, clearTimeout: clear } = globalThis;
  Object.assign(globalThis, {
    setTimeout(task: () => void, ms?: number) {
      const timer = set(() => {
        timers.delete(timer);
        task();
      }, ms);
      if (isOurs()) timers.add(timer);
      return timer;
    },
    clearTimeout(timer: number) {
      timers.delete(timer);
      clear(timer);
    },
  });
  const listeners: { target: EventTarget; type: string; listener: unknown }[] = [];
  const { addEventListener: add, removeEventListener: remove } = EventTarget.prototype;
  const drop = (target: EventTarget, type: string, listener: unknown): void => {
    const at = listeners.findIndex(
      (each) => each.target === target && each.type === type && each.listener === listener,
    );
    if (at !== -1) listeners.splice(at, 1);
  };
  EventTarget.prototype.addEventListener = function (this: EventTarget, type, listener, options) {
    const target = this ?? globalThis;
    if ((target === (globalThis as unknown) || target === document) && isOurs()) {
      listeners.push({ target, type, listener });
      if (typeof options === "object") {
        const { signal } = options;
        if (signal) add.call(signal, "abort", () => drop(target, type, listener));
      }
    }
    add.call(target, type, listener, options);
  };
  EventTarget.prototype.removeEventListener = function (this: EventTarget, type, listener, options) {
    const target = this ?? globalThis;
    drop(target, type, listener);
    remove.call(target, type, listener, options);
  };
  Object.assign(globalThis, {
    async left(): Promise<Left> {
      const { held = [], pending = [] } = await navigator.locks.query();
      const types = listeners.map(({ type }) => type).toSorted();
      return { timers: timers.size, listeners: types, locks: held.length + pending.length };
    },
  });
}
