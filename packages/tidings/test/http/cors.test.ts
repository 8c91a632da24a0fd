import { describe, expect, onTestFinished, test } from "vitest";

import { createFront } from "../../src/http/index.ts";
import { createHub, type Hub } from "../../src/index.ts";
import { WAYS, type Answered } from "./asking.ts";
import { dial, get } from "./connection.ts";
import { listen } from "./node-server.ts";

const LISTED = "https://app.example";
const ORIGINS = [LISTED, "http://localhost:5173"];
const JSON_TYPE = { "Content-Type": "application/json" };

function hubOf(): Hub {
  const hub = createHub();
  onTestFinished(() => hub.close({ drain: 0 }));
  return hub;
}

/** The headers that speak of origins. */
function corsOf({ headers }: Pick<Answered, "headers">): Record<string, string> {
  return Object.fromEntries([...headers].filter(([name]) => name === "vary" || name.startsWith("access-control-")));
}

const ALLOWED = { vary: "Origin", "access-control-allow-origin": LISTED, "access-control-allow-credentials": "true" };

describe.for(WAYS)("a front with a list of origins $way", ({ open }) => {
  test.for([
    { path: "/events", method: "GET", asked: "last-event-id" },
    { path: "/events", method: "POST", asked: "content-type" },
    { path: "/events", method: "PATCH", asked: "content-type" },
    { path: "/publish", method: "POST", asked: "content-type" },
  ])("lets a listed origin through the preflight for $path", async ({ path, method, asked }) => {
    const ask = await open(hubOf(), { origins: ORIGINS });
    const headers = {
      Origin: LISTED,
      "Access-Control-Request-Method": method,
      "Access-Control-Request-Headers": asked,
    };
    const answer = await ask({ method: "OPTIONS", path, headers });
    expect(answer).toMatchObject({ status: 204, text: "" });
    const { "access-control-allow-methods": methods, "access-control-allow-headers": names, ...rest } = corsOf(answer);
    expect(rest).toEqual({ ...ALLOWED, "access-control-max-age": "7200" });
    expect(methods?.split(", ")).toContain(method);
    expect(names?.split(", ")).toEqual(
      expect.arrayContaining([asked, "authorization", "content-type", "last-event-id", "cache-control"]),
    );
    expect(answer.headers.get("allow")).toBe(methods);
  });

  test.for([
    "https://other.example",
    "https://app.example.evil.example",
    "http://app.example",
    "https://app.example:444",
    "null",
    "https://APP.example",
  ])("tells %s nothing, in the preflight, in an answer and in an error", async (origin) => {
    const hub = hubOf();
    const ask = await open(hub, { origins: ORIGINS });
    const asking = { Origin: origin, "Access-Control-Request-Method": "POST" };
    expect(corsOf(await ask({ method: "OPTIONS", path: "/publish", headers: asking }))).toEqual({ vary: "Origin" });
    const published = await ask({
      method: "POST",
      path: "/publish",
      headers: { ...JSON_TYPE, Origin: origin },
      body: '{"data":1}',
    });
    expect(corsOf(published)).toEqual({ vary: "Origin" });
    expect(corsOf(await ask({ path: "/nothing", headers: { Origin: origin } }))).toEqual({ vary: "Origin" });
    expect(corsOf(await ask({ method: "HEAD", path: "/events", headers: { Origin: origin } }))).toEqual({
      vary: "Origin",
    });
  });

  test("tells a listed origin that it may read the stream, the answer and every error", async () => {
    const ask = await open(hubOf(), { origins: ORIGINS });
    const headers = { Origin: LISTED };
    expect(corsOf(await ask({ method: "HEAD", path: "/events", headers }))).toEqual(ALLOWED);
    expect(corsOf(await ask({ path: "/healthz", headers }))).toEqual(ALLOWED);
    expect(
      corsOf(
        await ask({ method: "POST", path: "/publish", headers: { ...JSON_TYPE, ...headers }, body: '{"data":1}' }),
      ),
    ).toEqual(ALLOWED);
    expect(
      corsOf(await ask({ method: "POST", path: "/publish", headers: { ...JSON_TYPE, ...headers }, body: "{" })),
    ).toEqual(ALLOWED);
    expect(corsOf(await ask({ path: "/nothing", headers }))).toEqual(ALLOWED);
    expect(corsOf(await ask({ path: "/events?topics=a", headers }))).toEqual(ALLOWED);
    expect(corsOf(await ask({ path: "/events?topic=$hub", headers }))).toEqual(ALLOWED);
  });

  test("answers that no origin may see still vary by it; without a list nothing does", async () => {
    const listed = await open(hubOf(), { origins: ORIGINS });
    expect(corsOf(await listed({ path: "/healthz" }))).toEqual({ vary: "Origin" });
    const unlisted = await open(hubOf());
    expect(corsOf(await unlisted({ path: "/healthz", headers: { Origin: LISTED } }))).toEqual({});
    expect(corsOf(await unlisted({ method: "OPTIONS", path: "/publish", headers: { Origin: LISTED } }))).toEqual({});
  });
});

const NO_ORIGINS = [
  "*",
  "null",
  "https://app.example/",
  "https://app.example/path",
  "app.example",
  "https://*.example",
  "HTTPS://app.example",
  "https://app.example:443",
  "file:///",
  "",
];

test.for(NO_ORIGINS)("a list with %j is refused when it is given", async (origin) => {
  const hub = hubOf();
  const wrong = expect.objectContaining({ code: "bad-option" });
  expect(() => createFront(hub, { origins: [LISTED, origin] })).toThrow(wrong);
  await expect(hub.fetch(new Request("http://hub.test/"), { topics: ["a"], origins: [origin] })).rejects.toEqual(wrong);
});

test("an embedder's stream is readable for the origins that it lists, over a socket", async () => {
  const hub = hubOf();
  const { port } = await listen((req, res) => void hub.serve(req, res, { topics: ["a"], origins: ORIGINS }));
  const listed = await (await dial(port, get("/", { Origin: "http://localhost:5173" }))).until(/tidings:live/);
  expect(listed.head).toMatch(
    /\r\nVary: Origin\r\nAccess-Control-Allow-Origin: http:\/\/localhost:5173\r\nAccess-Control-Allow-Credentials: true\r\n/,
  );
  const other = await (await dial(port, get("/", { Origin: "https://other.example" }))).until(/tidings:live/);
  expect(other.head).toMatch(/\r\nVary: Origin\r\n/);
  expect(other.head).not.toMatch(/access-control/i);
});
