import fc from "fast-check";
import type { Browser, Page } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { launchBrowser } from "../../../../test/browsers.ts";
import { type ScriptServer, type SeenRequest, startScriptServer } from "./script-server.ts";
import { MARK, namesIn, script } from "./scripts.ts";

/** What the pages have in their global scope: our class. */
interface OurPage {
  readonly Ours: typeof EventSource;
}

/** How many scripts both play, of two to six connections each. */
const SCRIPTS = 400;

/** What both must send, the same. The rest of the head is compared by {@link otherNames}. */
const COMPARED = ["accept", "last-event-id", "cache-control", "cookie", "referer", "sec-fetch-mode", "sec-fetch-site"];

describe("our EventSource and the native one of Chromium", { timeout: 240_000 }, () => {
  let server: ScriptServer;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    [server, browser] = await Promise.all([startScriptServer(), launchBrowser("chromium")]);
    page = await browser.newPage();
    await page.goto(server.url);
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  test("see the same and ask for the same, on random streams that end, are cut and come back", async () => {
    const seed = Date.now();
    const scripts = fc.sample(script, { numRuns: SCRIPTS, seed });
    server.scripts = scripts;
    const names = [...new Set([MARK, "message", ...scripts.flatMap(namesIn)])];
    const { ours, native } = JSON.parse(await page.evaluate(playAll, SCRIPTS, names, MARK)) as Record<
      string,
      string[][]
    >;
    let streams = 0;
    for (const [index, steps] of scripts.entries()) {
      const which = `seed ${seed}, script ${index}: ${JSON.stringify(steps.map(readable))}`;
      expect(ours?.[index], which).toEqual(native?.[index]);
      const [asked, nativelyAsked] = [server.requests("ours", index), server.requests("native", index)];
      expect(asked.map(compared), which).toEqual(nativelyAsked.map(compared));
      expect(asked.map(otherNames), which).toEqual(nativelyAsked.map(otherNames));
      streams += asked.length;
    }
    const seen = ours?.flat() ?? [];
    process.stdout.write(`${SCRIPTS} scripts: ${streams} requests and ${seen.length} events of each, all the same\n`);
    expect(streams).toBeGreaterThan(SCRIPTS * 3);
    expect(seen.length).toBeGreaterThan(streams);
  });
});

function compared({ method, path, headers }: SeenRequest): unknown {
  return [method, path.replace(/^\/scripts\/\w+|\?redirected$/g, ""), COMPARED.map((name) => headers[name])];
}

/** The names of the headers, but for what is known to be in one of them alone. */
function otherNames({ headers }: SeenRequest): string[] {
  return Object.keys(headers).toSorted();
}

function readable(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_key, part: unknown) =>
      part instanceof Uint8Array ? Buffer.from(part).toString("latin1") : part,
    ),
  );
}

/** Runs in the page: plays all scripts to both, a few at a time. Answers JSON, which hides no character. */
async function playAll(count: number, names: readonly string[], mark: string): Promise<string> {
  const { Ours } = globalThis as unknown as OurPage;
  const logs = { ours: [] as string[][], native: [] as string[][] };
  const play = (who: "ours" | "native", index: number): Promise<void> =>
    new Promise((resolve) => {
      const log: string[] = [];
      logs[who][index] = log;
      const url = `/scripts/${who}/${index}`;
      const options = { retry: { min: 0, healthyAfter: 0 } } as EventSourceInit;
      const source = who === "ours" ? new Ours(url, options) : new EventSource(url);
      source.addEventListener("open", () => log.push(`open ${source.readyState}`));
      for (const name of names) {
        source.addEventListener(name, (event) => {
          const { type, data, lastEventId, origin } = event as MessageEvent<string>;
          if (type === mark) void fetch(`/seen/${who}/${index}`, { method: "POST" });
          else log.push([type, data, lastEventId, origin === location.origin].join("|"));
        });
      }
      source.addEventListener("error", () => {
        log.push(`error ${source.readyState}`);
        if (source.readyState === 2) resolve();
      });
    });
  let next = 0;
  const playNext = async (): Promise<void> => {
    for (let index = next++; index < count; index = next++)
      await Promise.all([play("ours", index), play("native", index)]);
  };
  await Promise.all([playNext(), playNext()]);
  return JSON.stringify(logs);
}
