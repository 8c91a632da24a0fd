import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

import { expect, test } from "vitest";

import { bundle } from "./bundle.ts";

test("EventSource alone has at most 4,000 bytes, bundled, minified and gzipped", async () => {
  const { length } = gzipSync(await bundle("EventSource", true), { level: 9 });
  process.stdout.write(`EventSource alone: ${length} bytes\n`);
  expect(length).toBeLessThanOrEqual(4_000);
  expect(length).toBeGreaterThan(1_500);
});

test("with connect and tabs it has at most 10,400 bytes: 8,000 were asked for (decision 0032)", async () => {
  const { length } = gzipSync(await bundle("EventSource, connect", true), { level: 9 });
  process.stdout.write(`EventSource and connect: ${length} bytes\n`);
  expect(length).toBeLessThanOrEqual(10_400);
});

test("a client names itself by the version of the package", async () => {
  const { version } = JSON.parse(await readFile(join(import.meta.dirname, "../../package.json"), "utf8")) as Record<
    string,
    string
  >;
  expect(await bundle("connect", true)).toContain(`tidings/${version}`);
});

test("what a browser loads has nothing of Node, of the hub or of an encoder", async () => {
  // The decoder asks whether there is a faster one.
  const code = (await bundle("*", true)).replace("globalThis.Buffer?.prototype", "");
  expect(code).not.toMatch(/\b(?:process|Buffer|require|setImmediate)\b|node:/);
  expect(code).not.toMatch(/encodeEvent|formatEvent|HubError|createHub/);
  expect(code).not.toMatch(/^import\b/m);
});
