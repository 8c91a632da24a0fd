import { expect, test } from "vitest";

import { launchBrowser } from "../../../../../test/browsers.ts";
import { Chance } from "../../../../harness/src/chance.ts";
import { count } from "../connect/hub-server.ts";
import { openTab, startSite, type Tab } from "../connect/page.ts";

/** `SOAK_STEPS=300 npx vitest run soak` by hand. */
const STEPS = Number(process.env["SOAK_STEPS"] ?? 40);

test(
  "tabs come and go at random, leaders among them: each hears a run without a hole",
  { timeout: 300_000 },
  async () => {
    const seed = Date.now() % 100_000;
    const chance = new Chance(seed);
    const site = await startSite();
    const browser = await launchBrowser("chromium");
    const flowing = { on: true };
    let n = 0;
    const topics = ["a", "b", "c"];
    const flow = (async () => {
      for (; flowing.on; n++) {
        await site.hub.publishBatch(topics.map((topic) => ({ topic, data: n })));
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    })();
    const check = (heard: Readonly<Record<string, unknown[]>>, why: string): void => {
      for (const [name, run] of Object.entries(heard)) {
        const start = run[0] as number;
        expect(run, `seed ${seed}, ${name}, ${why}`).toEqual(run.map((_, index) => start + index));
      }
    };
    const tabs: Tab[] = [];
    let names = 0;
    for (let step = 0; step < STEPS; step++) {
      if (tabs.length < 2 || (tabs.length < 6 && chance.happens(0.4))) {
        const tab = await openTab(browser, site.page);
        await tab.hear(`first ${names++}`, chance.pick(topics));
        tabs.push(tab);
      } else if (chance.happens(0.4)) {
        const [tab] = tabs.splice(chance.between(0, tabs.length - 1), 1);
        if (tab === undefined) continue;
        check((await tab.seen()).heard, "closed");
        await tab.page.close();
      } else {
        const tab = chance.pick(tabs);
        await tab.hear(`${names++}`, chance.pick(topics), chance.happens(0.5) ? "last:1" : undefined);
      }
      if (chance.happens(0.1)) site.cut();
      await new Promise((resolve) => setTimeout(resolve, chance.between(0, 150)));
    }
    flowing.on = false;
    await flow;
    for (const tab of tabs) {
      await expect
        .poll(async () => Object.values((await tab.seen()).heard).every((run) => run.at(-1) === n - 1), {
          timeout: 10_000,
        })
        .toBe(true);
      check((await tab.seen()).heard, "at the end");
    }
    process.stdout.write(`soak: seed ${seed}, ${n} numbers, ${count(site, "GET /events")} streams\n`);
    await expect.poll(() => site.hub.stats().subscribers).toBe(1);
    await browser.close();
  },
);
