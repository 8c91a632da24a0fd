import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

import { type Browser, launch } from "puppeteer-core";

/** The browsers that every browser test runs in: `describe.each(browsers)(…)`. */
export const browsers = ["chromium", "firefox"] as const;

/** A browser by name. */
export type BrowserName = (typeof browsers)[number];

/** What each is called on the PATH, the likeliest first, and the Debian package that brings it. */
const PROGRAMS: Record<BrowserName, { readonly names: readonly string[]; readonly aptPackage: string }> = {
  chromium: { names: ["chromium", "chromium-browser", "google-chrome"], aptPackage: "chromium" },
  firefox: { names: ["firefox-esr", "firefox"], aptPackage: "firefox-esr" },
};

/** `--no-sandbox`: tests may run as root. The others keep Chromium from work that no test asked for. */
const CHROMIUM_FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--no-first-run",
];

/**
 * Starts the system's browser without a window, with a fresh profile that its `close()` removes.
 *
 * @throws Error if the program is not on the PATH; it names the command that installs it
 */
export async function launchBrowser(name: BrowserName): Promise<Browser> {
  return await launch({
    browser: name === "chromium" ? "chrome" : "firefox",
    executablePath: programOf(name),
    headless: true,
    args: name === "chromium" ? CHROMIUM_FLAGS : [],
  });
}

function programOf(name: BrowserName): string {
  const { names, aptPackage } = PROGRAMS[name];
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  const candidates = names.flatMap((program) => folders.map((folder) => join(folder, program)));
  const found = candidates.find(isExecutable);
  if (found !== undefined) return found;
  throw new Error(`${names.join(" or ")} is not on the PATH. Install it: sudo apt-get install -y ${aptPackage}`);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
