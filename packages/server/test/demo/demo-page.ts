import type { Browser, EvaluateFunc, Page } from "puppeteer-core";

/** What a page complained about while it was open. */
type Complaints = string[];

/** The demo page in a tab, with what the tests ask of it. */
export interface DemoPage {
  readonly page: Page;
  readonly complaints: Complaints;
  text(selector: string): Promise<string>;
  /** A number of the facts at the top. */
  fact(id: "received" | "replayed" | "lost"): Promise<number>;
  /** Waits until a condition holds in the page. */
  until<Arguments extends unknown[]>(condition: EvaluateFunc<Arguments>, ...args: Arguments): Promise<void>;
  untilState(words: string): Promise<void>;
  /** Waits until an element's text has this in it. */
  untilText(selector: string, text: string): Promise<void>;
}

/** How long a condition may take, in ms: the machines that run this are busy. */
const PATIENCE = 30_000;

/** Opens the demo page and waits until it is live. `before` runs in the page before its own code. */
export async function openDemoPage(browser: Browser, url: string, before?: () => void): Promise<DemoPage> {
  const page = await browser.newPage();
  const complaints: Complaints = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warn")
      complaints.push(`${message.type()}: ${message.text()}`);
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  await page.evaluateOnNewDocument(() => {
    document.addEventListener("securitypolicyviolation", (event) => {
      reportError(new Error(`refused by the policy: ${event.violatedDirective} ${event.blockedURI}`));
    });
  });
  if (before !== undefined) await page.evaluateOnNewDocument(before);

  const demo: DemoPage = {
    page,
    complaints,
    text: (selector) => page.$eval(selector, (element) => element.textContent ?? ""),
    async fact(id) {
      return Number((await demo.text(`#${id}`)).replaceAll(",", ""));
    },
    async until(condition, ...args) {
      // Not by animation frames, which a tab in the background does not get.
      await page.waitForFunction(condition, { polling: 50, timeout: PATIENCE }, ...args);
    },
    untilState: (words) => demo.until((wanted) => document.querySelector("#state")?.textContent === wanted, words),
    untilText: (selector, text) =>
      demo.until(
        (where, wanted) => document.querySelector(where)?.textContent?.includes(wanted) === true,
        selector,
        text,
      ),
  };
  await page.goto(url);
  await demo.untilState("Live");
  return demo;
}
