import type { Browser } from "puppeteer-core";
import { afterAll, beforeAll, describe } from "vitest";

import { launchBrowser } from "../../../../test/browsers.ts";
import { fieldRules } from "./rules/fields.ts";
import { interfaceRules } from "./rules/interface.ts";
import { lineRules } from "./rules/lines.ts";
import { openingRules } from "./rules/opening.ts";
import { pageRules } from "./rules/page.ts";
import { reconnectionRules } from "./rules/reconnection.ts";
import { printTable } from "./rules/rule.ts";

describe("the standard's rules for EventSource", () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await launchBrowser("chromium");
  }, 60_000);
  afterAll(() => browser?.close());

  interfaceRules();
  openingRules();
  lineRules();
  fieldRules();
  reconnectionRules();
  pageRules(() => browser);
  printTable();
});
