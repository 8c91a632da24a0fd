import { describe, expect, test } from "vitest";

import { start } from "./command.ts";
import { publishTo, startHub, type RunningHub } from "./hub.ts";
import { openStream } from "./raw-connection.ts";

const OURS = "client=tidings/0.1.0";

/** One of the figures of `/metrics`. */
async function metric(hub: RunningHub, name: string): Promise<number> {
  const text = await (await fetch(`${hub.url}/metrics`)).text();
  const line = text.split("\n").find((each) => each.startsWith(`${name} `));
  return Number(line?.split(" ").at(-1));
}

async function refusal(hub: RunningHub, query = "", headers: Record<string, string> = {}): Promise<string> {
  const response = await fetch(`${hub.url}/events?${query}`, { headers });
  return `${response.status} ${response.headers.get("retry-after")} ${await response.text()}`;
}

describe("tidings serve with a limit", () => {
  test("on connections: refuses, counts, and lets in again when there is room", async () => {
    const hub = await startHub(["--max-connections", "2"]);
    const [first, second] = [await openStream(hub.port, "?topic=a"), await openStream(hub.port, "?topic=a")];
    expect(await refusal(hub)).toMatch(/^200 null retry: \d+\n\n$/);
    expect(await refusal(hub, OURS)).toMatch(/^503 \d+ .*"code":"too-many-connections"/);
    expect(await metric(hub, 'tidings_streams_refused_total{reason="connections"}')).toBe(2);
    expect(await metric(hub, 'tidings_streams_closed_total{reason="shed"}')).toBe(2);
    expect(await metric(hub, "tidings_overloaded")).toBe(0);
    await publishTo(hub, "a", "still here");
    await first.until(/data: still here\n/);
    second.close();
    await expect.poll(() => metric(hub, 'tidings_subscribers{state="live"}')).toBe(1);
    await openStream(hub.port);
  });

  test("on connections of an address: the client's, behind so many proxies", async () => {
    const args = ["--max-connections-per-address", "1", "--trusted-proxies", "1"];
    const hub = await startHub(args, { TIDINGS_MAX_CONNECTIONS_PER_ADDRESS: "9" });
    const stream = await fetch(`${hub.url}/events`, { headers: { "X-Forwarded-For": "198.51.100.1, 2001:db8::1" } });
    const same = { "X-Forwarded-For": "198.51.100.2, 2001:db8::2" };
    expect(await refusal(hub, OURS, same)).toMatch(/^503 /);
    expect(await metric(hub, 'tidings_streams_refused_total{reason="address"}')).toBe(1);
    await openStream(hub.port);
    await stream.body?.cancel();
  });

  test("on the rate of publishing: 429 with Retry-After, and a batch that never fits is 413", async () => {
    const hub = await startHub(["--publish-rate", "0.1:2"]);
    const publish = (body: string): Promise<Response> =>
      fetch(`${hub.url}/publish`, { method: "POST", headers: { "Content-Type": "application/json" }, body });
    expect((await publish('[{"data":1},{"data":2}]')).status).toBe(200);
    const refused = await publish('{"data":3}');
    expect([refused.status, await refused.json()]).toMatchObject([429, { code: "rate-limited" }]);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(5);
    const never = await publish('[{"data":1},{"data":2},{"data":3}]');
    expect([never.status, await never.json(), never.headers.get("retry-after")]).toMatchObject([
      413,
      { code: "batch-too-large" },
      null,
    ]);
    expect(await metric(hub, "tidings_publishes_rate_limited_total")).toBe(2);
    expect(await metric(hub, "tidings_events_published_total")).toBe(2);
  });

  test("on topics and on the size of an event, which a body may hold", async () => {
    const hub = await startHub(["--max-topics", "2", "--max-event-bytes", "2MiB"]);
    expect(await refusal(hub, "topic=a&topic=b&topic=c")).toMatch(/^400 .*"code":"too-many-topics"/);
    await publishTo(hub, "a", "x".repeat(2 * 1024 * 1024));
    await expect(publishTo(hub, "a", "x".repeat(2 * 1024 * 1024 + 1))).rejects.toThrow(/event-too-large/);
  });

  test("on the life of a connection: it is told when to come back, and resumes", async () => {
    const hub = await startHub(["--max-lifetime", "1s"]);
    const stream = await openStream(hub.port, "?topic=a");
    const id = await publishTo(hub, "a", "1");
    const received = await stream.ended;
    expect(received).toMatch(new RegExp(`id: ${id}\\n[^]*data: 1\\n\\nretry: \\d+\\n\\n$`));
    await publishTo(hub, "a", "2");
    const resumed = await openStream(hub.port, `?topic=a&lastEventId=${id}`);
    expect(resumed.received).toContain("data: 2\n");
    expect(await metric(hub, 'tidings_streams_closed_total{reason="expired"}')).toBe(1);
  });
});

test("with every limit on, SIGTERM still drains: every stream is told when to come back", async () => {
  const hub = await startHub(
    "--max-connections 20 --max-connections-per-address 20 --publish-rate 1000 --max-lifetime 1m --drain 4s".split(" "),
  );
  const streams = await Promise.all(Array.from({ length: 20 }, () => openStream(hub.port)));
  const opened = streams.map(({ received }) => received.length);
  hub.kill("SIGTERM");
  const ends = await Promise.all(streams.map(({ ended }) => ended));
  expect(await hub.exited).toBe(0);
  for (const [index, received] of ends.entries()) expect(received.slice(opened[index])).toMatch(/^retry: \d+\n\n$/);
});

test("tidings tail is told that a hub is full, and comes back when it was told to", async () => {
  const hub = await startHub(["--max-connections", "1"]);
  const stream = await openStream(hub.port);
  const tail = start(["tail", hub.url]);
  const [, seconds] = await tail.until("stderr", /\(503 too-many-connections\) Trying again in ([\d.]+) s/);
  expect(Number(seconds)).toBeGreaterThanOrEqual(1);
  stream.close();
  await tail.until("stderr", /live: from here on/);
});
