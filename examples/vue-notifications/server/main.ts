// One process and one port: the built page, the hub, and machines that have something to say.
import { createServer } from "node:http";

import { createHub } from "tidings";
import { createFront, LOOPBACK_HOSTS } from "tidings/http";

import type { Events } from "../src/events.ts";
import { startMachines } from "./machines.ts";
import { loadPage } from "./page.ts";

const port = Number(process.env["PORT"] ?? 3002);
const hub = createHub<Events>();
const front = createFront(hub, { hosts: LOOPBACK_HOSTS });
const page = loadPage(new URL("../dist/", import.meta.url));
const server = createServer((req, res) => void front.handle(req, res, page));

const stopMachines = startMachines(hub);
server.listen(port, "127.0.0.1", () => {
  const address = server.address();
  const actual = typeof address === "object" && address !== null ? address.port : port;
  process.stdout.write(`The notification centre is on http://localhost:${actual}\n`);
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    stopMachines();
    server.close();
    void hub.close({ drain: "1s" });
  });
}
