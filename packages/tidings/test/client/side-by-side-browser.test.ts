import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { type BrowserName, launchBrowser } from "../../../../test/browsers.ts";
import { type ScriptServer, type SeenRequest, startScriptServer } from "./script-server.ts";
import { MARK, namesIn, script } from "./scripts.ts";

/** What the pages have in their global scope: our class. */
interface OurPage {
  readonly Ours: typeof EventSource;
}

/** How many scripts both play, of three to eight requests each. */
const SCRIPTS = 400;

/** How many of them Firefox plays with our class. */
const IN_FIREFOX = 50;

type Who = "ours" | "native" | "firefox";

describe("our EventSource", { timeout: 240_000 }, () => {
  const seed = Date.now();
  const scripts = fc.sample(script, { numRuns: SCRIPTS, seed });
  const names = [...new Set([MARK, "message", ...scripts.flatMap(namesIn)])];
  let server: ScriptServer;
  let inChromium: readonly (readonly string[])[] = [];

  beforeAll(async () => {
    server = await startScriptServer();
    server.scripts = scripts;
  });
  afterAll(() => server?.close());

  /** What each player heard, by script. */
  async function played(name: BrowserName, players: readonly Who[], count: number): Promise<string[][][]> {
    const browser = await launchBrowser(name);
    try {
      const page = await browser.newPage();
      await page.goto(server.url);
      return JSON.parse(await page.evaluate(playAll, players, count, names, MARK)) as string[][][];
    } finally {
      await browser.close();
    }
  }

  function which(index: number): string {
    return `seed ${seed}, script ${index}: ${JSON.stringify(scripts[index]?.map(readable))}`;
  }

  test("sees and asks for the same as the native one of Chromium, on random streams that end, are cut and come back", async () => {
    const [ours = [], native = []] = await played("chromium", ["ours", "native"], SCRIPTS);
    inChromium = ours;
    let requests = 0;
    for (const index of scripts.keys()) {
      expect(ours[index], which(index)).toEqual(native[index]);
      const [asked, nativelyAsked] = [server.requests("ours", index), server.requests("native", index)];
      expect(asked.map(compared), which(index)).toEqual(nativelyAsked.map(compared));
      requests += asked.length;
    }
    const { length } = ours.flat();
    process.stdout.write(`${SCRIPTS} scripts: ${requests} requests and ${length} events of each, all the same\n`);
    expect(requests).toBeGreaterThan(SCRIPTS * 3);
    expect(length).toBeGreaterThan(requests);
  });

  test("does in Firefox what it does in Chromium", async () => {
    const [inFirefox = []] = await played("firefox", ["firefox"], IN_FIREFOX);
    for (let index = 0; index < IN_FIREFOX; index++) {
      expect(inFirefox[index], which(index)).toEqual(inChromium[index]);
      const ids = (who: Who): unknown => server.requests(who, index).map(({ headers }) => headers["last-event-id"]);
      expect(ids("firefox"), which(index)).toEqual(ids("ours"));
    }
  });
});

/** All that a request says, but for who asks. */
function compared({ method, path, headers }: SeenRequest): unknown {
  return [method, path.replace(/^\/scripts\/\w+|\?redirected$/g, ""), headers];
}

function readable(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_key, part: unknown) =>
      part instanceof Uint8Array ? Buffer.from(part).toString("latin1") : part,
    ),
  );
}

/** Runs in the page: plays all scripts to all who are named, a few at a time. Answers JSON, which hides no character. */
async function playAll(
  players: readonly Who[],
  count: number,
  names: readonly string[],
  mark: string,
): Promise<string> {
  const { Ours } = globalThis as unknown as OurPage;
  const logs = players.map((): string[][] => []);
  const play = (who: Who, all: string[][], index: number): Promise<void> =>
    new Promise((resolve) => {
      const log: string[] = [];
      all[index] = log;
      const url = `/scripts/${who}/${index}`;
      const options = { retry: { min: 0, healthyAfter: 0 } } as EventSourceInit;
      const source = who === "native" ? new EventSource(url) : new Ours(url, options);
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
      await Promise.all(players.map((who, each) => play(who, logs[each] ?? [], index)));
  };
  await Promise.all([playNext(), playNext()]);
  return JSON.stringify(logs);
}
