import { gzipSync } from "node:zlib";

import { expect, test } from "vitest";

import { bundle } from "./bundle.ts";

test("EventSource alone has at most 4,000 bytes, bundled, minified and gzipped", async () => {
  const { length } = gzipSync(await bundle("EventSource", true), { level: 9 });
  process.stdout.write(`EventSource alone: ${length} bytes\n`);
  expect(length).toBeLessThanOrEqual(4_000);
  expect(length).toBeGreaterThan(1_500);
});

test("what a browser loads has nothing of Node, of the hub or of an encoder", async () => {
  const code = await bundle("*", true);
  expect(code).not.toMatch(/\b(?:process|Buffer|require|setImmediate)\b|node:/);
  expect(code).not.toMatch(/encodeEvent|formatEvent|HubError|createHub/);
  expect(code).not.toMatch(/^import\b/m);
});
