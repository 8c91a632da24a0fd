import { request } from "node:http";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { type RunningDemo, startDemo } from "./running-demo.ts";

let demo: RunningDemo;
beforeAll(async () => {
  demo = await startDemo();
});
afterAll(() => demo?.kill());

describe("the files of the demo page", () => {
  test("come with their types, a strict policy and a tag", async () => {
    const types = {
      "/": "text/html; charset=utf-8",
      "/?from=anywhere": "text/html; charset=utf-8",
      "/demo/css/base.css": "text/css; charset=utf-8",
      "/demo/page/main.js": "text/javascript; charset=utf-8",
      "/demo/icon.svg": "image/svg+xml",
      "/demo/fonts/inter-latin.woff2": "font/woff2",
      "/demo/fonts/inter-OFL.txt": "text/plain; charset=utf-8",
    };
    for (const [path, type] of Object.entries(types)) {
      const response = await fetch(demo.url + path);
      expect([path, response.status, response.headers.get("content-type")]).toEqual([path, 200, type]);
      expect(response.headers.get("content-security-policy")).toMatch(/^default-src 'self';/);
      expect(response.headers.get("content-security-policy")).not.toContain("unsafe");
      expect(response.headers.get("x-content-type-options")).toBe("nosniff");
      await response.body?.cancel();
    }
  });

  test("are not sent again to who has them", async () => {
    const first = await fetch(demo.url);
    const etag = first.headers.get("etag") ?? "";
    expect(first.headers.get("cache-control")).toBe("no-cache");
    await first.text();
    const second = await fetch(demo.url, { headers: { "If-None-Match": `"other", ${etag}` } });
    expect(second.status).toBe(304);
  });

  test("are all the files that the page names", async () => {
    const html = await (await fetch(demo.url)).text();
    const css = await (await fetch(`${demo.url}/demo/css/base.css`)).text();
    const named = [...html.matchAll(/(?:src|href)="(\/[^"]*)"/g), ...css.matchAll(/url\("([^"]+)"\)/g)].map(
      ([, path]) => path ?? "",
    );
    expect(named.length).toBeGreaterThan(4);
    for (const path of named)
      expect([path, (await fetch(demo.url + path, { method: "HEAD" })).status]).toEqual([path, 200]);
    expect(html).not.toMatch(/<style|<script>|\sstyle=|\son[a-z]+=/);
    expect(html + css).not.toMatch(/https?:\/\/(?!localhost)/);
  });

  test.each([
    "/demo/../package.json",
    "/demo/page/../../package.json",
    "/demo/page/..%2f..%2fpackage.json",
    "/demo/fonts/",
    "//etc/passwd",
  ])("do not include %s", async (path) => {
    expect(await status("GET", path)).toBe(404);
  });

  test("are only read", async () => {
    const response = await fetch(demo.url, { method: "POST", body: "x" });
    expect([response.status, response.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
    expect(await response.json()).toMatchObject({ status: 405, code: "method-not-allowed" });
  });

  test("have no body for HEAD", async () => {
    const response = await fetch(demo.url, { method: "HEAD" });
    expect(Number(response.headers.get("content-length"))).toBeGreaterThan(1_000);
    expect(await response.text()).toBe("");
  });
});

describe("POST /demo/operation", () => {
  const start = (headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${demo.url}/demo/operation`, { method: "POST", headers });

  test("is refused to another site's page", async () => {
    for (const headers of [{ Origin: "https://evil.example" }, { "Sec-Fetch-Site": "cross-site" }]) {
      const response = await start(headers);
      expect([response.status, response.headers.get("content-type")]).toEqual([403, "application/problem+json"]);
    }
  });

  test("starts one operation, and answers 409 while it runs", async () => {
    expect((await start()).status).toBe(202);
    const second = await start();
    expect(second.status).toBe(409);
    expect(await second.json()).toMatchObject({ status: 409, code: "operation-running" });
  });

  test("is the only method", async () => {
    const response = await fetch(`${demo.url}/demo/operation`);
    expect([response.status, response.headers.get("allow")]).toEqual([405, "POST"]);
  });
});

/** The status of a request whose path is sent as it is: `fetch` would tidy it up. */
function status(method: string, path: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const asked = request({ port: demo.port, host: "127.0.0.1", method, path }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    asked.on("error", reject).end();
  });
}
