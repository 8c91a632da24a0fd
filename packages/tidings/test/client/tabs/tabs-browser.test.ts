import type { Browser } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";

import { browsers, launchBrowser } from "../../../../../test/browsers.ts";
import { openTab, startSite, type Tab } from "../connect/page.ts";

const count = (length: number): number[] => Array.from({ length }, (_, n) => n);

describe.each(browsers)("tabs in %s", { timeout: 60_000 }, (name) => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser(name);
  }, 60_000);
  afterAll(() => browser?.close());

  /** Opens tabs one after the other; the first leads. All hear the topic `a`. */
  async function open(url: string, length: number, options: object = {}): Promise<Tab[]> {
    const tabs: Tab[] = [];
    for (let n = 0; n < length; n++) {
      const tab = await openTab(browser, url, options);
      await tab.hear("a", "a");
      await expect.poll(async () => (await tab.seen()).status.state, { timeout: 10_000 }).toBe("live");
      tabs.push(tab);
    }
    return tabs;
  }

  const roles = (tabs: readonly Tab[]): Promise<string[]> =>
    Promise.all(tabs.map(async (tab) => (await tab.seen()).status.role));

  test("six have one connection; the leader's is closed, another takes over at once: nothing lost, nothing twice", async () => {
    const site = await startSite();
    const tabs = await open(site.page, 6);
    expect(await roles(tabs)).toEqual(["leader", ...Array.from({ length: 5 }, () => "follower")]);
    expect(site.hub.stats().subscribers).toBe(1);
    // A topic of one tab alone.
    await tabs[3]?.hear("own", "own");
    await expect.poll(() => site.requests.filter((request) => request.startsWith("PATCH")).length).toBe(1);

    let n = 0;
    const flowing = { on: true };
    const flow = (async () => {
      for (; flowing.on; n++) {
        await site.hub.publishBatch([
          { topic: "a", data: n },
          { topic: "own", data: n },
        ]);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    })();
    await expect.poll(async () => (await tabs[5]?.seen())?.heard["a"]?.length).toBeGreaterThan(20);
    const closedAt = Date.now();
    await tabs[0]?.page.close();
    const others = tabs.slice(1);
    const before = n;
    await expect
      .poll(async () => ((await others[4]?.seen())?.heard["a"]?.at(-1) as number) > before + 50, { timeout: 20_000 })
      .toBe(true);
    flowing.on = false;
    await flow;
    for (const tab of others) await expect.poll(async () => (await tab.seen()).heard["a"]?.at(-1)).toBe(n - 1);

    const seen = await Promise.all(others.map((tab) => tab.seen()));
    for (const { heard } of seen) expect(heard["a"]).toEqual(count(n).slice(heard["a"]?.[0] as number));
    const own = seen[2]?.heard["own"] ?? [];
    expect(own).toEqual(count(n).slice(own[0] as number));
    // Events came every 10 ms. The longest silence of a tab is how long nobody led.
    const silences = seen.map(({ at }) => {
      const since = at.filter((time) => time > closedAt - 500);
      return Math.max(...since.slice(1).map((time, index) => time - (since[index] ?? 0)));
    });
    process.stdout.write(`${name}: the longest silence of each tab, in ms: ${silences.map(Math.round).join(" ")}\n`);
    expect(Math.max(...silences)).toBeLessThan(1_000);
    expect((await roles(others)).filter((role) => role === "leader").length).toBe(1);
    expect(site.hub.stats()).toMatchObject({ subscribers: 1, gaps: 0, resets: 0 });
    expect(site.requests.filter((request) => request.startsWith("GET /events")).length).toBe(2);
  });

  test("each give a late handler its last event, though the connection is there; a tab that is gone wants nothing more", async () => {
    const site = await startSite();
    await site.hub.publish("b", { data: 1 });
    const [first, second] = await open(site.page, 2);
    if (first === undefined || second === undefined) throw new Error("No tabs");
    for (const tab of [first, second]) {
      await tab.hear("b", "b", "last:1");
      await expect.poll(async () => (await tab.seen()).heard["b"]).toEqual([1]);
    }
    await site.hub.publish("b", { data: 2 });
    for (const tab of [first, second]) {
      await expect.poll(async () => (await tab.seen()).heard["b"]).toEqual([1, 2]);
    }
    expect(site.hub.stats().subscribers).toBe(1);

    // Its topic goes with the tab.
    await second.hear("c", "c");
    const changes = (): string[] => site.requests.filter((request) => request.startsWith("PATCH"));
    await expect.poll(() => changes().length).toBe(2);
    await second.page.close();
    await expect.poll(() => changes().length).toBe(3);
    // And with all tabs the connection.
    await first.end("a");
    await first.end("b");
    await expect.poll(() => site.hub.stats().subscribers).toBe(0);
  });

  test("log out together", async () => {
    const site = await startSite();
    const tabs = await open(site.page, 3);
    // It has asked for nothing yet.
    tabs.push(await openTab(browser, site.page));
    await tabs[1]?.call("logout");
    await expect.poll(() => site.hub.stats().subscribers).toBe(0);
    for (const tab of tabs) {
      await expect.poll(async () => (await tab.seen()).status.state).toBe("closed");
      await tab.hear("late", "late");
    }
    expect((await tabs[0]?.seen())?.inspection.topics).toEqual({});
    const before = site.requests.length;
    // A tab of another user is not concerned, and shares with nobody.
    const other = await openTab(browser, site.page, { user: "other" });
    const same = await openTab(browser, site.page);
    await other.hear("a", "a");
    await same.hear("a", "a");
    await expect.poll(() => site.hub.stats().subscribers).toBe(2);
    await same.call("logout");
    await expect.poll(() => site.hub.stats().subscribers).toBe(1);
    expect((await other.seen()).status.state).toBe("live");
    expect(site.requests.slice(before).filter((request) => request.startsWith("GET /events")).length).toBe(2);
  });

  test("that go into the back/forward cache leave the others, and have missed nothing when they are back", async () => {
    const site = await startSite();
    const tabs = await open(site.page, 2);
    const expected: number[] = [];
    // First the leader, which is the follower then; then the new leader.
    for (const tab of tabs) {
      const other = tabs.find((each) => each !== tab);
      await tab.page.evaluate(() => dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true })));
      await expect.poll(async () => (await other?.seen())?.status).toMatchObject({ role: "leader", state: "live" });
      await expect.poll(() => site.hub.stats().subscribers).toBe(1);
      for (let n = 0; n < 5; n++) {
        await site.hub.publish("a", { data: expected.length });
        expected.push(expected.length);
      }
      await expect.poll(async () => (await other?.seen())?.heard["a"]).toEqual(expected);
      await tab.page.evaluate(() => dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true })));
      await expect.poll(async () => (await tab.seen()).heard["a"]).toEqual(expected);
      await site.hub.publish("a", { data: expected.length });
      expected.push(expected.length);
      for (const each of tabs) await expect.poll(async () => (await each.seen()).heard["a"]).toEqual(expected);
    }
    await expect.poll(() => site.hub.stats().subscribers).toBe(1);
    expect(site.hub.stats()).toMatchObject({ gaps: 0, resets: 0 });
  });

  test("are alone in a worker and on a page of an opaque origin", async () => {
    const site = await startSite();
    const tab = await openTab(browser, site.page);
    const found = await tab.page.evaluate(async () => {
      const code = `
        const { connect } = await import("${location.origin}/client.js");
        const { role } = connect("${location.origin}/events").status.getSnapshot();
        (globalThis.parent ?? globalThis).postMessage(role, "*");`;
      const worker = new Promise((resolve) => {
        const source = URL.createObjectURL(new Blob([code.replace(', "*"', "")], { type: "text/javascript" }));
        new Worker(source, { type: "module" }).addEventListener("message", ({ data }) => resolve(data));
      });
      const sandboxed = new Promise((resolve) => {
        addEventListener("message", ({ data }) => resolve(data));
        const frame = document.createElement("iframe");
        frame.setAttribute("sandbox", "allow-scripts");
        frame.srcdoc = `<script type="module">${code}</script>`;
        document.body.append(frame);
      });
      return [await worker, await sandboxed];
    });
    expect(found).toEqual(["alone", "alone"]);
    expect((await tab.seen()).status.role).toBe("follower");
  });

  // Firefox has no way to suspend a page from outside.
  test.runIf(name === "chromium")(
    "replace a leader that is suspended and keeps its lock; it notices when it wakes, and has lost nothing",
    async () => {
      const site = await startSite({ heartbeat: 300 });
      const tabs = await open(site.page, 3);
      const [leader, ...others] = tabs;
      if (leader === undefined) throw new Error("No leader");
      await site.hub.publish("a", { data: 0 });
      for (const tab of tabs) await expect.poll(async () => (await tab.seen()).heard["a"]).toEqual([0]);
      const devtools = await leader.page.createCDPSession();
      onTestFinished(() => devtools.detach().catch(() => undefined));
      await devtools.send("Debugger.enable");
      await devtools.send("Debugger.pause");
      // Stands still as soon as it does anything.
      void leader.page.evaluate("0").catch(() => undefined);
      await site.hub.publish("a", { data: 1 });
      for (const tab of others) {
        await expect.poll(async () => (await tab.seen()).heard["a"], { timeout: 10_000 }).toEqual([0, 1]);
      }
      expect((await roles(others)).filter((role) => role === "leader").length).toBe(1);
      await site.hub.publish("a", { data: 2 });
      await devtools.send("Debugger.resume");
      await devtools.send("Debugger.disable");
      await expect.poll(() => roles([leader])).toEqual(["follower"]);
      await site.hub.publish("a", { data: 3 });
      for (const tab of tabs) {
        await expect.poll(async () => (await tab.seen()).heard["a"], { timeout: 10_000 }).toEqual([0, 1, 2, 3]);
      }
      await expect.poll(() => site.hub.stats().subscribers).toBe(1);
    },
  );
});
