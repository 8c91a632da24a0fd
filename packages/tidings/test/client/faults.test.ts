import { describe, expect, onTestFinished, test } from "vitest";

import { FaultProxy } from "../../../harness/src/proxy/fault-proxy.ts";
import { FAIR } from "../../../harness/src/proxy/faults.ts";
import { EventSource } from "../../src/client/index.ts";
import { createHub, type Hub, memoryLog } from "../../src/index.ts";
import { listen } from "../http/node-server.ts";

const HEARTBEAT = 200;

/** A hub behind a fault proxy, and a source that listens to one topic of it. */
async function throughProxy(
  seed: number,
): Promise<{ hub: Hub; proxy: FaultProxy; seen: string[]; source: EventSource; errors: string[] }> {
  const hub = createHub({
    heartbeat: HEARTBEAT,
    retry: { min: 1, max: 5 },
    log: memoryLog({ maxEvents: 1_000_000, maxBytes: 2 ** 30 }),
  });
  const { port } = await listen((request, response) => void hub.serve(request, response, { topics: ["t"] }));
  const proxy = new FaultProxy({ target: () => port, seed });
  const entrance = await proxy.listen();
  const source = new EventSource(`http://127.0.0.1:${entrance}/`, { retry: { min: 1, max: 50, healthyAfter: 100 } });
  onTestFinished(async () => {
    source.close();
    await proxy.close();
    await hub.close({ drain: 0 });
  });
  const [seen, errors]: [string[], string[]] = [[], []];
  source.addEventListener("message", ({ data }) => seen.push(data));
  for (const name of ["tidings:gap", "tidings:reset"]) source.addEventListener(name, () => seen.push(name));
  source.addEventListener("error", ({ error }) => errors.push(error?.code ?? ""));
  await new Promise((resolve) => source.addEventListener("tidings:live", resolve, { once: true }));
  return { hub, proxy, seen, source, errors };
}

const payload = (number: number): string => `${number}: grüße…漢字😀\n${"x".repeat(number % 97)}`;

describe("through a network that breaks", { timeout: 60_000 }, () => {
  test("every event comes once and in order, whatever is late, cut and half-open", async () => {
    const seed = Date.now() % 1_000_000;
    const { hub, proxy, seen, errors } = await throughProxy(seed);
    proxy.weather = { late: 0.2, latency: 10, sliced: 0.2, cut: 0.9, cutWithin: 40_000 };
    const total = 20_000;
    let cuts = 0;
    for (let number = 0; number < total; number += 20) {
      await hub.publishBatch(Array.from({ length: 20 }, (_, index) => ({ topic: "t", data: payload(number + index) })));
      if (number % 500 === 0) {
        cuts++;
        proxy.connections.at(-1)?.cut((["reset", "fin"] as const)[cuts % 2] ?? "fin");
        await expect.poll(() => seen.length, { timeout: 20_000 }).toBeGreaterThan(number - 2_000);
      }
      await new Promise(setImmediate);
    }
    proxy.weather = FAIR;
    proxy.heal();
    await expect.poll(() => seen.length, { timeout: 30_000 }).toBeGreaterThanOrEqual(total);
    const wrong = seen.findIndex((data, number) => data !== payload(number));
    expect(wrong, `seed ${seed}: ${seen[wrong]}`).toBe(-1);
    expect(seen.length).toBe(total);
    process.stdout.write(`${total} events once and in order, over ${errors.length} lost connections\n`);
    expect(errors.length).toBeGreaterThan(20);
  });

  test("a connection that nothing comes over any more is given up after 2.5 heartbeats", async () => {
    const { hub, proxy, seen, errors } = await throughProxy(1);
    await hub.publish("t", { data: "before" });
    await expect.poll(() => seen).toEqual(["before"]);
    const [connection] = proxy.connections;
    connection?.blackhole("both");
    const since = performance.now();
    await hub.publish("t", { data: "meanwhile" });
    await expect.poll(() => seen, { timeout: 10_000 }).toEqual(["before", "meanwhile"]);
    expect(errors).toEqual(["silent"]);
    expect(performance.now() - since).toBeGreaterThan(HEARTBEAT);
  });

  test("a stream that is cut behind any of its bytes, inside of characters and of CRLF, brings everything once", async () => {
    const frame = (id: number): string => `id: ${id}\r\nevent: e\r\ndata: é${id}\r\ndata: 漢😀\r\n\r\n`;
    const frames = [1, 2, 3].map((id) => Buffer.from(frame(id)));
    const length = Buffer.concat(frames).length;
    const cutAt = new Map<string, number>();
    const { url } = await listen((request, response) => {
      const path = request.url ?? "";
      const rest = Buffer.concat(frames.slice(Number(request.headers["last-event-id"] ?? 0)));
      const first = !cutAt.has(path);
      cutAt.set(path, Number(path.slice(1)));
      // Once everything was heard, that is the end.
      if (rest.length === 0) return void response.writeHead(204).end();
      response.writeHead(200, { "Content-Type": "text/event-stream" });
      response.flushHeaders();
      if (!first) return void response.end(rest);
      response.end(rest.subarray(0, cutAt.get(path)));
    });
    await Promise.all(
      Array.from({ length: length + 1 }, async (_, cut) => {
        const source = new EventSource(`${url}/${cut}`, { retry: { base: 1, min: 1, max: 5 } });
        const seen: string[] = [];
        source.addEventListener("e", ({ data, lastEventId }) => seen.push(`${lastEventId} ${data}`));
        await new Promise<void>((resolve) =>
          source.addEventListener("error", () => {
            if (source.readyState === 2) resolve();
          }),
        );
        expect(seen, `cut at ${cut}`).toEqual([1, 2, 3].map((id) => `${id} é${id}\n漢😀`));
      }),
    );
  });
});
