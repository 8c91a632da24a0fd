import { createServer } from "node:net";

import { expect, onTestFinished, test } from "vitest";
import { EventSource } from "tidings/client";

import { run, start } from "./command.ts";
import { type RunningCrew, startCrew } from "./crew.ts";
import { openStream, type RawConnection } from "./raw-connection.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** Publishes over a connection that is kept, and so at its worker. */
async function publishOn(connection: RawConnection, data: string): Promise<void> {
  const body = JSON.stringify({ topic: "a", data });
  const before = connection.received.length;
  connection.send(
    `POST /publish HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  await connection.until(new RegExp(`^[^]{${before}}HTTP/1\\.1 200 [^]*"id":"[^"]+"`));
}

/** Publishes until it is acknowledged: with a key it is there once, however often it is tried. */
async function publishSurely(hub: RunningCrew, data: string): Promise<void> {
  const body = JSON.stringify({ topic: "a", data, idempotencyKey: data });
  const headers = { "Content-Type": "application/json", Connection: "close" };
  for (;;) {
    const answer = await fetch(`${hub.url}/publish`, { method: "POST", headers, body }).catch(() => undefined);
    if (answer?.ok === true) return;
    if (answer !== undefined && answer.status < 500) throw new Error(await answer.text());
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function dataOf({ received }: RawConnection): string[] {
  return [...received.matchAll(/^data: (\d+)$/gm)].map(([, data = ""]) => data);
}

function upTo(count: number): string[] {
  return Array.from({ length: count }, (_, index) => String(index + 1));
}

async function metricsOf(connection: RawConnection): Promise<string> {
  const before = connection.received.length;
  connection.send("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");
  await connection.until(new RegExp(`^[^]{${before}}HTTP/1\\.1 200 [^]*tidings_overloaded \\d`));
  return connection.received.slice(before);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test("what is published at any worker reaches the subscribers at all, once and in order; any answers for all", async () => {
  const hub = await startCrew(2);
  expect(hub.stdout).toMatch(/\(2 workers, log: \S+, fsync\)\n$/);
  const streams: RawConnection[] = [];
  for (const worker of [1, 2]) {
    for (let count = 0; count < 3; count += 1) {
      streams.push(await hub.at(worker, () => openStream(hub.port, "?topic=a")));
    }
  }
  const publishers = [await hub.connectTo(1), await hub.connectTo(2)] as const;
  for (const data of upTo(20)) await publishOn(publishers[Number(data) % 2 === 0 ? 0 : 1], data);
  for (const stream of streams) {
    await stream.until(/^data: 20$/m);
    expect(dataOf(stream)).toEqual(upTo(20));
  }
  for (const connection of publishers) {
    const metrics = await metricsOf(connection);
    expect(metrics).toMatch(/^tidings_subscribers\{state="live"\} 6$/m);
    expect(metrics).toMatch(/^tidings_events_published_total 20$/m);
    expect(metrics).toMatch(/^tidings_events_delivered_total 120$/m);
    expect(metrics).toMatch(/^tidings_ready 1$/m);
    connection.send("GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await connection.until(/HTTP\/1\.1 200 OK\r\n[^]*\r\nready$/);
  }
});

test("a stream at one worker is changed by way of the other, and one that is nowhere is unknown", async () => {
  const hub = await startCrew(2);
  const stream = await hub.at(1, () => openStream(hub.port, "?topic=a&client=tidings/1"));
  const [, name = ""] = await stream.until(/"stream":"([^"]+)"/);
  const other = await hub.connectTo(2);
  const patch = (body: string): void =>
    other.send(
      `PATCH /events?client=tidings/1 HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
  patch(JSON.stringify({ stream: name, add: ["b"] }));
  await other.until(/HTTP\/1\.1 200 OK\r\nContent-Type: application\/json[^]*"id":/i);
  await fetch(`${hub.url}/publish`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: '{"topic":"b","data":"changed"}',
  });
  await stream.until(/data: changed\n/);
  patch(JSON.stringify({ stream: "nobody", add: ["b"] }));
  await other.until(/HTTP\/1\.1 404 [^]*"unknown-stream"/);
});

test.each([
  ["the one that appends", 1],
  ["another", 2],
])(
  "a worker that is killed (%s) is replaced: its subscribers come back and have everything, the others notice nothing",
  async (_which, victim) => {
    const hub = await startCrew(2);
    const pid = hub.pid(victim);
    const received = Array.from({ length: 6 }, (): string[] => []);
    const cut: Promise<unknown>[] = [];
    await hub.at(victim, () =>
      Promise.all(
        received.map((events) => {
          const source = new EventSource(`${hub.url}/events?topic=a`, { retry: { min: 50, max: 200 } });
          onTestFinished(() => source.close());
          source.addEventListener("message", ({ data }) => events.push(data));
          const isCut = Promise.withResolvers<unknown>();
          source.addEventListener("error", isCut.resolve);
          cut.push(isCut.promise);
          return new Promise((resolve) => source.addEventListener("tidings:live", resolve, { once: true }));
        }),
      ),
    );
    const others = await hub.at(3 - victim, () => Promise.all(upTo(3).map(() => openStream(hub.port, "?topic=a"))));
    const numbers = upTo(100);
    for (const [index, data] of numbers.entries()) {
      if (index === 30) process.kill(pid, "SIGKILL");
      await publishSurely(hub, data);
    }
    await Promise.all(cut);
    for (const stream of others) {
      await stream.until(/^data: 100$/m);
      expect(dataOf(stream)).toEqual(numbers);
      expect(stream.received).not.toMatch(/tidings:(gap|reset)/);
    }
    await expect.poll(() => received.map((events) => events.length), { timeout: 20_000 }).toEqual(Array(6).fill(100));
    for (const events of received) expect(events).toEqual(numbers);
    expect(await hub.replaced(victim, pid)).not.toBe(pid);
    expect(hub.stderr).toContain('"a worker has ended, and is replaced"');
    // Sums never fall: what the one that is gone had counted when it was asked last is kept.
    const text = await (await fetch(`${hub.url}/metrics`)).text();
    expect(text).toMatch(/^tidings_subscribers\{state="live"\} 9$/m);
  },
);

test("what a worker had counted stays in the sums when it is gone", async () => {
  const hub = await startCrew(2);
  const publishers = [await hub.connectTo(1), await hub.connectTo(2)] as const;
  for (const data of upTo(10)) await publishOn(publishers[1], data);
  expect(await metricsOf(publishers[0])).toMatch(/^tidings_events_published_total 10$/m);
  const pid = hub.pid(2);
  process.kill(pid, "SIGKILL");
  await hub.replaced(2, pid);
  await publishOn(publishers[0], "11");
  expect(await metricsOf(publishers[0])).toMatch(/^tidings_events_published_total 11$/m);
});

test("SIGTERM drains all workers: every stream is told when to come back, and none of them is left", async () => {
  const hub = await startCrew(3, ["--drain", "4s"]);
  const pids = [1, 2, 3].map((worker) => hub.pid(worker));
  const streams: RawConnection[] = [];
  for (const worker of [1, 2, 3]) streams.push(await hub.at(worker, () => openStream(hub.port)));
  const opened = streams.map(({ received }) => received.length);
  hub.kill("SIGTERM");
  const ends = await Promise.all(streams.map(({ ended }) => ended));
  for (const [index, received] of ends.entries()) expect(received.slice(opened[index])).toMatch(/^retry: \d+\n\n$/);
  expect(await hub.exited).toBe(0);
  expect(pids.map(isAlive)).toEqual([false, false, false]);
  expect(hub.stderr).not.toContain("is replaced");
});

test("SIGTERM while workers still start stops the hub in order, too", async () => {
  const log = `lmdb:${await temporaryFolder()}`;
  const hub = start(["serve", "--workers", "6", "--port", "0", "--log", log]);
  const [, pid] = await hub.until("stderr", /"worker":1,.*"pid":(\d+).*"worker ready"/);
  hub.kill("SIGTERM");
  expect(await hub.exited).toBe(0);
  expect(hub.stdout).toBe("");
  expect(hub.stderr).toMatch(/"stopped"/);
  expect(hub.stderr).not.toMatch(/Unhandled|EPIPE/);
  expect(isAlive(Number(pid))).toBe(false);
});

test("SIGTERM to one worker drains it alone, and another takes its place", async () => {
  const hub = await startCrew(2);
  const pid = hub.pid(2);
  const [mine, other] = [
    await hub.at(2, () => openStream(hub.port)),
    await hub.at(1, () => openStream(hub.port, "?topic=a")),
  ];
  const opened = mine.received.length;
  process.kill(pid, "SIGTERM");
  expect((await mine.ended).slice(opened)).toMatch(/^retry: \d+\n\n$/);
  await hub.replaced(2, pid);
  await publishSurely(hub, "1");
  await other.until(/^data: 1$/m);
  await expect.poll(async () => metricsOf(await hub.connectTo(1))).toMatch(/^tidings_workers 2$/m);
});

test("when the supervisor is killed its workers end", async () => {
  const hub = await startCrew(2);
  const pids = [hub.pid(1), hub.pid(2)];
  hub.kill("SIGKILL");
  await expect.poll(() => pids.map(isAlive)).toEqual([false, false]);
});

test("when all workers are killed at the same time others take their places, on the same port and the same log", async () => {
  const hub = await startCrew(2);
  await publishSurely(hub, "1");
  const stream = await openStream(hub.port, "?topic=a&from=earliest");
  const [, id = ""] = await stream.until(/^id: (\S+)\ntopic: a\ndata: 1$/m);
  const pids = [hub.pid(1), hub.pid(2)] as const;
  for (const pid of pids) process.kill(pid, "SIGKILL");
  await Promise.all([hub.replaced(1, pids[0]), hub.replaced(2, pids[1])]);
  await publishSurely(hub, "2");
  const resumed = await openStream(hub.port, `?topic=a&lastEventId=${id}`);
  await resumed.until(/^data: 2$/m);
  expect(resumed.received).not.toMatch(/tidings:(gap|reset)/);
});

test("a worker that ends again and again is waited for longer each time, and the log says so", async () => {
  const hub = await startCrew(2);
  let pid = hub.pid(2);
  for (let times = 0; times < 3; times += 1) {
    process.kill(pid, "SIGKILL");
    pid = await hub.replaced(2, pid);
  }
  const waits = [...hub.stderr.matchAll(/"worker":2,.*"waitMs":(\d+)/g)].map(([, wait]) => Number(wait));
  expect(waits).toEqual([0, 200, 400]);
  expect(hub.stderr).toContain("a worker ends again and again soon after its start");
});

test("a worker that hangs makes the hub not ready, which says which one", async () => {
  const hub = await startCrew(2);
  const answer = await hub.at(2, async () => {
    const response = await fetch(`${hub.url}/readyz`, { headers: { Connection: "close" } });
    return `${response.status} ${await response.text()}`;
  });
  // The other one may tell as well that nobody appends.
  expect(answer).toMatch(/^503 worker 1: no answer to trouble in 1\.5 s(; worker 2: .+)?$/);
});

test("the figures count a worker that hangs, and say that the hub is not ready, though it was never asked before", async () => {
  const hub = await startCrew(3);
  const connection = await hub.connectTo(1);
  process.kill(hub.pid(2), "SIGSTOP");
  const metrics = await metricsOf(connection);
  process.kill(hub.pid(2), "SIGCONT");
  expect(metrics).toMatch(/^tidings_workers 3$/m);
  expect(metrics).toMatch(/^tidings_ready 0$/m);
});

test("a worker that hangs keeps nobody from changing a stream at another", async () => {
  const hub = await startCrew(3);
  const stream = await hub.at(3, () => openStream(hub.port, "?topic=a&client=tidings/1"));
  const [, name = ""] = await stream.until(/"stream":"([^"]+)"/);
  const connection = await hub.connectTo(1);
  process.kill(hub.pid(2), "SIGSTOP");
  const body = JSON.stringify({ stream: name, add: ["b"] });
  connection.send(
    `PATCH /events?client=tidings/1 HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  const [, status] = await connection.until(/^HTTP\/1\.1 200 [^]*HTTP\/1\.1 (\d+)/);
  process.kill(hub.pid(2), "SIGCONT");
  expect(status).toBe("200");
});

test("the demo is one for all workers: its page and its operation at any, its figures of all", async () => {
  const hub = await startCrew(2, ["--demo"]);
  const streams: RawConnection[] = [];
  for (const worker of [1, 2, 2]) {
    streams.push(await hub.at(worker, () => openStream(hub.port, "?topic=demo/metrics/connections")));
  }
  for (const stream of streams) await stream.until(/"metric":"connections","value":3\b/);
  const other = await hub.connectTo(2);
  const ask = (request: string): void =>
    other.send(`${request} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n`);
  ask("GET /demo/icon.svg");
  await other.until(/HTTP\/1\.1 200 OK\r\n[^]*<\/svg>\s*$/);
  ask("POST /demo/operation");
  await other.until(/HTTP\/1\.1 202 Accepted\r\n[^]*"state":"running"/);
  ask("POST /demo/operation");
  await other.until(/HTTP\/1\.1 409 Conflict\r\n[^]*"operation-running"/);
});

test("a port in use is one clear line and exit code 1, of however many workers", async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void other.close());
  const address = other.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const log = `lmdb:${await temporaryFolder()}`;
  const refused = await run(["serve", "--workers", "3", "--log", log, "--port", String(port), "--log-level", "error"]);
  expect(refused).toEqual({
    code: 1,
    stdout: "",
    stderr: `error: Port ${port} on 127.0.0.1 is in use: another program listens there. Give another --port, or 0 for a free one.\n`,
  });
});
