import { describe, expect, onTestFinished, test } from "vitest";

import { createFront } from "../../src/http/index.ts";
import { createHub, type Hub } from "../../src/index.ts";
import { dial, get } from "./connection.ts";
import { listen } from "./node-server.ts";

/** A front behind so many proxies, on a hub that takes one stream of each address. */
async function behind(trustedProxies: number): Promise<{ hub: Hub; port: number }> {
  const hub = createHub({ limits: { connectionsPerAddress: 1, publishRatePerAddress: { perSecond: 0.001 } } });
  onTestFinished(() => hub.close({ drain: 0 }));
  const front = createFront(hub, { trustedProxies });
  const { port } = await listen((req, res) => void front.handle(req, res));
  return { hub, port };
}

/** Opens a stream with this `X-Forwarded-For`; whether it was let in. */
async function isLetIn(port: number, forwarded: string | undefined): Promise<boolean> {
  const headers: Record<string, string> = forwarded === undefined ? {} : { "X-Forwarded-For": forwarded };
  const connection = await dial(port, get("/events", headers));
  await connection.until(/\n\n/);
  return connection.text.includes("tidings:cursor");
}

describe("the address of a client", () => {
  // Each pair: a stream with the first is open; whether one with the second counts for the same address.
  test.for<[proxies: number, first: string | undefined, second: string | undefined, same: boolean]>([
    // The header is not looked at unless proxies are trusted.
    [0, "192.0.2.1", "192.0.2.2", true],
    [0, undefined, "192.0.2.2", true],
    // What the proxy saw, and nothing to the left of it.
    [1, "192.0.2.1", "192.0.2.2", false],
    [1, "192.0.2.1", "192.0.2.1", true],
    [1, "192.0.2.9, 192.0.2.1", "198.51.100.7,192.0.2.1", true],
    [1, "192.0.2.1, 192.0.2.9", "192.0.2.1, 192.0.2.8", false],
    [1, "::ffff:192.0.2.1", "192.0.2.1", true],
    [1, "192.0.2.1:4711", "192.0.2.1:4712", true],
    [1, "2001:db8::1", "[2001:db8::2]:4711", true],
    // What the outer one of two saw.
    [2, "192.0.2.1, 198.51.100.1", "192.0.2.1, 198.51.100.2", true],
    [2, "192.0.2.1, 198.51.100.1", "192.0.2.2, 198.51.100.1", false],
    [2, "1.1.1.1, 192.0.2.1, 198.51.100.1", "2.2.2.2, 192.0.2.1, 198.51.100.1", true],
    // Too short, or no address there: the one at the other end of the connection.
    [2, "192.0.2.1", "192.0.2.2", true],
    [2, "192.0.2.1", undefined, true],
    [2, ",192.0.2.1", "192.0.2.2", true],
    [1, "unknown", "_hidden", true],
    [1, "", "192.0.2.1,", true],
    [1, "192.0.2.1 192.0.2.2", "127.0.0.1", true],
    [1, "x".repeat(8_000), undefined, true],
    [1, ",".repeat(8_000), undefined, true],
    [32, ",".repeat(8_000), undefined, true],
    [1, `${"9.9.9.9, ".repeat(900)}192.0.2.1`, "192.0.2.1", true],
  ])("behind %i proxies: %j and %j, the same: %j", async ([proxies, first, second, same]) => {
    const { port } = await behind(proxies);
    expect(await isLetIn(port, first)).toBe(true);
    expect(await isLetIn(port, second)).toBe(!same);
  });

  test("is the last one of several headers, as a proxy that adds a line has it", async () => {
    const { port } = await behind(1);
    const twice = get("/events").replace(
      "\r\n\r\n",
      "\r\nX-Forwarded-For: 9.9.9.9\r\nX-Forwarded-For: 192.0.2.1\r\n\r\n",
    );
    await (await dial(port, twice)).until(/tidings:cursor/);
    expect(await isLetIn(port, "192.0.2.1")).toBe(false);
    expect(await isLetIn(port, "9.9.9.9")).toBe(true);
  });

  test("counts for publishing, too: 429 with the time to wait", async () => {
    const { hub, port } = await behind(1);
    const publish = (address: string): Promise<Response> =>
      fetch(`http://127.0.0.1:${port}/publish`, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-Forwarded-For": address },
        body: '{"data":1}',
      });
    expect((await publish("192.0.2.1")).status).toBe(200);
    const refused = await publish("192.0.2.1");
    expect([refused.status, await refused.json()]).toMatchObject([429, { status: 429, code: "rate-limited" }]);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(990);
    expect((await publish("192.0.2.2")).status).toBe(200);
    expect(hub.stats()).toMatchObject({ published: 2, rateLimited: 1 });
  });

  test("is known by the fetch handler where a proxy tells it, and else not counted", async () => {
    const hub = createHub({ limits: { connectionsPerAddress: 1 } });
    onTestFinished(() => hub.close({ drain: 0 }));
    const ask = (trustedProxies: number): Promise<Response> =>
      createFront(hub, { trustedProxies }).fetch(
        new Request("http://hub.test/events?client=tidings/1", { headers: { "X-Forwarded-For": "192.0.2.1" } }),
      );
    expect([(await ask(1)).status, (await ask(1)).status, (await ask(0)).status]).toEqual([200, 503, 200]);
  });
});

test.for([-1, 1.5, 33, Number.NaN])("%s proxies cannot be trusted", (trustedProxies) => {
  expect(() => createFront(createHub(), { trustedProxies })).toThrow(expect.objectContaining({ code: "bad-option" }));
});
