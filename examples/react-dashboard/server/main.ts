// One process and one port: the built page, the hub, and a shop that publishes to it.
import { createServer } from "node:http";

import { createHub } from "tidings";
import { createFront, LOOPBACK_HOSTS } from "tidings/http";

import type { Events } from "../src/events.ts";
import { loadPage } from "./page.ts";
import { openShop } from "./shop.ts";

const port = Number(process.env["PORT"] ?? 3001);
const hub = createHub<Events>();
const front = createFront(hub, { hosts: LOOPBACK_HOSTS });
const page = loadPage(new URL("../dist/", import.meta.url));
const server = createServer((req, res) => void front.handle(req, res, page));

const closeShop = openShop(hub);
server.listen(port, "127.0.0.1", () => {
  const address = server.address();
  const actual = typeof address === "object" && address !== null ? address.port : port;
  process.stdout.write(`The dashboard is on http://localhost:${actual}\n`);
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    closeShop();
    server.close();
    void hub.close({ drain: "1s" });
  });
}
