import { join } from "node:path";

import { rolldown } from "rolldown";
import type { Browser, Page } from "puppeteer-core";
import { onTestFinished } from "vitest";

import type { Inspection, Status } from "../../../src/client/index.ts";
import type * as Client from "../../../src/client/index.ts";
import { startHub, type HubServer, type HubServerOptions } from "./hub-server.ts";

const ENTRY = join(import.meta.dirname, "../../../src/client/index.ts");

const PAGE =
  '<!doctype html><title>A tab</title><script type="module">import * as client from "/client.js"; globalThis.client = client;</script>';

let bundled: Promise<string> | undefined;

async function bundle(): Promise<string> {
  const building = await rolldown({ input: ENTRY, platform: "browser" });
  try {
    const { output } = await building.generate({ format: "esm" });
    return output[0].code;
  } finally {
    await building.close();
  }
}

/** A hub whose server also has a page with our client. */
export async function startSite(options: HubServerOptions = {}): Promise<HubServer & { readonly page: string }> {
  bundled ??= bundle();
  const code = await bundled;
  const server = await startHub({
    ...options,
    before(req, res) {
      if (options.before?.(req, res) === true) return true;
      if (req.url !== "/" && req.url !== "/client.js") return false;
      // For a page of an opaque origin.
      res.setHeader("Access-Control-Allow-Origin", "*");
      res.setHeader("Content-Type", req.url === "/" ? "text/html" : "text/javascript");
      res.end(req.url === "/" ? PAGE : code);
      return true;
    },
  });
  return { ...server, page: server.url.replace(/events$/, "") };
}

/** What a tab has heard, by name of what heard it, and when, by `performance.timeOrigin + performance.now()`. */
interface Seen {
  readonly heard: Readonly<Record<string, unknown[]>>;
  readonly at: readonly number[];
  readonly status: Status;
  readonly inspection: Inspection;
}

/** What is done in tabs: functions that run there must bring everything with them. */
export interface Tab {
  readonly page: Page;
  seen(): Promise<Seen>;
  /** Hears a topic under a name. */
  hear(name: string, topic: string, from?: string): Promise<void>;
  end(name: string): Promise<void>;
  call(method: "close" | "logout" | "reconnect"): Promise<void>;
}

/** Opens a page and connects there. */
export async function openTab(browser: Browser, url: string, options: object = {}): Promise<Tab> {
  const page = await browser.newPage();
  onTestFinished(() => page.close().catch(() => undefined));
  await page.goto(url);
  await page.evaluate((given) => {
    const { connect } = (globalThis as unknown as { client: typeof Client }).client;
    const tidings = connect("/events", { retry: { base: 20, min: 5, max: 100 }, linger: 50, ...JSON.parse(given) });
    const heard: Record<string, unknown[]> = {};
    const at: number[] = [];
    const ends: Record<string, () => void> = {};
    Object.assign(globalThis, {
      tidings,
      look: () => JSON.stringify({ heard, at, status: tidings.status.getSnapshot(), inspection: tidings.inspect() }),
      hear(name: string, topic: string, from: "last:1" | undefined) {
        const list: unknown[] = [];
        heard[name] = list;
        ends[name] = tidings.onAny(
          topic,
          ({ data }) => {
            list.push(data);
            at.push(performance.timeOrigin + performance.now());
          },
          { from },
        );
      },
      end: (name: string) => ends[name]?.(),
    });
  }, JSON.stringify(options));
  const call = (what: string): Promise<unknown> => page.evaluate(what);
  return {
    page,
    seen: async () => JSON.parse(String(await call("look()"))) as Seen,
    hear: async (name, topic, from) => void (await call(`hear(${JSON.stringify([name, topic, from]).slice(1, -1)})`)),
    end: async (name) => void (await call(`end(${JSON.stringify(name)})`)),
    call: async (method) => void (await call(`tidings.${method}()`)),
  };
}
