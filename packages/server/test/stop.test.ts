import { expect, test } from "vitest";

import { startHub } from "./hub.ts";
import { connectRaw, openStream } from "./raw-connection.ts";

test.each(["SIGTERM", "SIGINT"] as const)(
  "%s ends every stream with a retry of its own and exits with 0",
  async (signal) => {
    const hub = await startHub(["--drain", "4s"]);
    const streams = await Promise.all(Array.from({ length: 20 }, () => openStream(hub.port)));
    const opened = streams.map(({ received }) => received.length);
    const begun = performance.now();
    hub.kill(signal);
    const ends = await Promise.all(streams.map(({ ended }) => ended));
    expect(await hub.exited).toBe(0);
    expect(performance.now() - begun).toBeLessThan(4_500);
    const retries = ends.map((received, index) => /retry: (\d+)\n/.exec(received.slice(opened[index]))?.[1]);
    expect(retries).not.toContain(undefined);
    expect(new Set(retries).size).toBeGreaterThan(5);
  },
);

test("once it stops no new stream is let in: the port is closed, and a kept connection gets none that stays", async () => {
  const hub = await startHub(["--drain", "3s"]);
  await openStream(hub.port);
  const kept = connectRaw(hub.port);
  // Its request is in work while the hub stops, so that it is not simply closed as idle.
  kept.send(
    "POST /publish HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 12\r\n\r\n",
  );
  hub.kill("SIGTERM");
  await hub.until("stderr", /"stopping"/);
  kept.send('{"data":"x"}GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n');
  const late = connectRaw(hub.port);
  late.send("GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n");
  expect(await late.ended).toBe("");
  expect(await kept.ended).not.toContain("tidings:live");
  expect(await hub.exited).toBe(0);
});

test("what is left when the drain time is over is cut", async () => {
  const hub = await startHub(["--drain", "500ms"]);
  const stuck = connectRaw(hub.port);
  stuck.send(
    "POST /publish HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 12\r\n\r\n",
  );
  await fetch(`${hub.url}/healthz`);
  hub.kill("SIGTERM");
  expect(await hub.exited).toBe(0);
  await stuck.ended;
});

test("a second signal that is no echo of the first exits at once", async () => {
  const hub = await startHub(["--drain", "1h"]);
  const stuck = connectRaw(hub.port);
  stuck.send(
    "POST /publish HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 12\r\n\r\n",
  );
  await fetch(`${hub.url}/healthz`);
  hub.kill("SIGTERM");
  await hub.until("stderr", /"stopping"/);
  // The first ones are taken for echoes of the one before, as a terminal and npm send them together.
  const again = setInterval(() => hub.kill("SIGTERM"), 50);
  expect(await hub.exited).toBe(143);
  clearInterval(again);
});
