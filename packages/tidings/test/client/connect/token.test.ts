import { expect, test } from "vitest";

import { client, startHub } from "./hub-server.ts";

/** How long a token is good, in ms. */
const LIFE = 400;

test(
  "a token that expires is refreshed without a lost event, on a server that ends streams with it",
  { timeout: 30_000 },
  async () => {
    let issued = 0;
    let refused = 0;
    const expiry = new Map<string, number>();
    const server = await startHub({
      before(req, res) {
        const left = (expiry.get(req.headers.authorization ?? "") ?? 0) - Date.now();
        if (left <= 0) {
          refused++;
          res.writeHead(401).end();
          return true;
        }
        const timer = setTimeout(() => req.socket.destroy(), left);
        res.on("close", () => clearTimeout(timer));
        return false;
      },
    });
    // A token in use is handed out until the server refuses it: as an application that caches it does.
    let token = "";
    let stale = true;
    const tidings = client(server.url, {
      async token() {
        if (stale) {
          token = `t${++issued}`;
          expiry.set(`Bearer ${token}`, Date.now() + LIFE);
        }
        stale = !stale;
        return await Promise.resolve(token);
      },
    });
    const heard: number[] = [];
    tidings.onAny<number>("a", ({ data }) => heard.push(data));
    await expect.poll(() => tidings.status.getSnapshot().state).toBe("live");
    let n = 0;
    const used = (): number => issued;
    while (used() < 7) {
      await server.hub.publish("a", { data: n++ });
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await expect.poll(() => heard.length, { timeout: 10_000 }).toBe(n);
    expect(heard).toEqual(Array.from({ length: n }, (_, index) => index));
    expect(refused).toBeGreaterThan(0);
    expect(tidings.inspect()).toMatchObject({ gaps: 0, resets: 0 });
  },
);

test("a token that is refused twice in a row ends it", async () => {
  let requests = 0;
  const server = await startHub({
    before(_, res) {
      requests++;
      res.writeHead(401, { "Content-Type": "application/problem+json" }).end('{"status":401,"code":"unauthorized"}');
      return true;
    },
  });
  let asked = 0;
  const tidings = client(server.url, { token: () => `t${++asked}` });
  tidings.onAny("a", () => undefined);
  await expect.poll(() => tidings.status.getSnapshot().state).toBe("closed");
  expect(tidings.status.getSnapshot().error).toMatchObject({ status: 401, problem: { code: "unauthorized" } });
  expect([requests, asked]).toEqual([2, 2]);
});

test("a token that was good once is asked for again whenever it is refused", async () => {
  let good = "";
  const server = await startHub({
    before(req, res) {
      const refused = req.headers.authorization !== good;
      if (refused) res.writeHead(401).end();
      return refused;
    },
  });
  let asked = 0;
  const tidings = client(server.url, { token: () => `t${++asked}` });
  tidings.onAny("a", () => undefined);
  for (const wanted of [2, 4, 6]) {
    good = `Bearer t${wanted}`;
    // Anew without an error between.
    tidings.reconnect();
    await expect.poll(() => [asked, tidings.status.getSnapshot().state]).toEqual([wanted, "live"]);
  }
});
