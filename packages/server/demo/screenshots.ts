/**
 * Takes pictures of the demo page, wide and narrow, light and dark, after a cut and a resume:
 *
 *     node packages/server/demo/screenshots.ts <folder> [url]
 *
 * Without a URL it starts a hub of its own. The package must be built.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import type { Page } from "puppeteer-core";

import { launchBrowser } from "../../../test/browsers.ts";

const SHAPES = [
  { name: "wide", width: 1240, height: 900 },
  { name: "narrow", width: 360, height: 780 },
];

const [folder, given] = process.argv.slice(2);
if (folder === undefined) throw new Error("Say where to: node packages/server/demo/screenshots.ts <folder> [url]");
await mkdir(folder, { recursive: true });

const server = given === undefined ? startServer() : undefined;
const browser = await launchBrowser("chromium");
try {
  const url = given ?? (await server?.url) ?? "";
  const page = await browser.newPage();
  await page.setViewport({ width: 1240, height: 900, deviceScaleFactor: 1 });
  await page.goto(url);
  await waitFor(page, "Live");
  await useIt(page);
  for (const { name, width, height } of SHAPES) {
    for (const scheme of ["light", "dark"]) {
      await page.setViewport({ width, height, deviceScaleFactor: 1 });
      await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
      await page.screenshot({ path: join(folder, `${name}-${scheme}.png`), fullPage: true });
    }
  }
} finally {
  await browser.close();
  server?.stop();
}

/** A little of everything: chat, notifications, the operation, and a cut with its resume. */
async function useIt(page: Page): Promise<void> {
  await pause(45_000);
  await setLine(
    page,
    "memory",
    await page.$eval("#metric-memory .value", (value) => Math.floor(Number.parseFloat(value.textContent))),
  );
  await chat(page, "mira", "does it survive the train tunnel?");
  for (const type of ["success", "warning", "error"]) await page.click(`button[data-notify="${type}"]`);
  await page.click("#operation-start");
  await pause(2_500);
  await chat(page, "theo", "press “Cut the line” and see");
  await page.click("#cut");
  await page.waitForFunction(() => document.querySelector("#state")?.textContent === "Line cut");
  await pause(5_500);
  await waitFor(page, "Live");
  await chat(page, "mira", "all of it came back");
  await page.click("#operation-start");
  await pause(6_000);
  await page.mouse.move(0, 0);
  await page.evaluate(() =>
    document.activeElement instanceof HTMLElement ? document.activeElement.blur() : undefined,
  );
  await pause(500);
}

/** Sets a line below the present value: that is an alert. */
async function setLine(page: Page, metric: string, above: number): Promise<void> {
  await page.$eval(
    `#line-${metric}`,
    (input, value) => {
      (input as HTMLInputElement).value = String(value);
      input.dispatchEvent(new Event("change"));
    },
    above,
  );
}

async function chat(page: Page, from: string, text: string): Promise<void> {
  await page.$eval("#chat-name", (input, value) => ((input as HTMLInputElement).value = value), from);
  await page.type("#chat-text", text);
  await page.keyboard.press("Enter");
  await page.waitForFunction((said) => document.querySelector("#chat")?.textContent?.includes(said), {}, text);
}

async function waitFor(page: Page, state: string): Promise<void> {
  await page.waitForFunction((wanted) => document.querySelector("#state")?.textContent === wanted, {}, state);
}

/** Pictures want a past to show: here, and only here, time itself is waited for. */
function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function startServer(): { url: Promise<string>; stop(): void } {
  const main = fileURLToPath(new URL("../dist/main.js", import.meta.url));
  const child = spawn(process.execPath, [main, "serve", "--demo", "--log", "memory", "--port", "0"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const first = once(createInterface(child.stdout), "line").then(
    ([line]) => /https?:\/\/\S+/.exec(String(line))?.[0] ?? "",
  );
  return { url: first, stop: () => child.kill() };
}
