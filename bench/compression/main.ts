// What compressing once saves and costs: bytes on the wire and CPU of the server, with gzip and without it.
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { parseArgs } from "node:util";
import { setTimeout as pause } from "node:timers/promises";
import { createHub } from "tidings";
import { type Child, startChild } from "../processes/child.ts";
import { orderEvent } from "./order.ts";
import type { ReaderCalls } from "./readers/main.ts";

/** Between two batches, so that each is a flush of its own, in milliseconds. */
const PAUSE = 20;

interface Run {
  /** For each subscriber and batch. */
  readonly bytes: number;
  /** Of the whole process, for each batch, in milliseconds. */
  readonly cpu: number;
}

const { values } = parseArgs({
  options: {
    subscribers: { type: "string", default: "1000" },
    batches: { type: "string", default: "100" },
    rounds: { type: "string", default: "3" },
  },
});
const subscribers = Number(values.subscribers);
const batches = Number(values.batches);

async function measure(readers: Child<ReaderCalls>, events: number, gzip: boolean): Promise<Run> {
  const hub = createHub();
  const server = createServer((req, res) => void hub.serve(req, res, { topics: ["orders"], compress: gzip }));
  server.listen({ port: 0, host: "127.0.0.1", backlog: 4_096 });
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await readers.call("open", { port, count: subscribers, gzip });
  while (hub.stats().subscribersByState.live < subscribers) await pause(10);
  let published = 0;
  const publish = async (times: number): Promise<void> => {
    for (let n = 0; n < times; n++) {
      await hub.publishBatch(Array.from({ length: events }, () => ({ topic: "orders", data: orderEvent() })));
      published += events;
      // What would wait for the flush before it would share one with the next batch, and compress better.
      do await pause(PAUSE);
      while (hub.stats().delivered < published * subscribers);
    }
  };
  await publish(Math.ceil(batches / 4));
  await bytesOf(readers);
  const before = process.cpuUsage();
  await publish(batches);
  const { user, system } = process.cpuUsage(before);
  const bytes = await bytesOf(readers);
  await readers.call("close", undefined);
  await hub.close({ drain: 0 });
  server.close();
  return { bytes: bytes / batches / subscribers, cpu: (user + system) / batches / 1_000 };
}

/** Bytes that have come since the last call, once no more come. */
async function bytesOf(readers: Child<ReaderCalls>): Promise<number> {
  let bytes = 0;
  for (;;) {
    const more = await readers.call("bytes", undefined);
    if (more === 0) return bytes;
    bytes += more;
    await pause(100);
  }
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
}

const readers = startChild<ReaderCalls>({
  program: new URL("readers/main.ts", import.meta.url),
  args: [],
  core: undefined,
});
console.log(
  `${subscribers} subscribers, ${batches} batches, median of ${values.rounds} rounds, Node ${process.version}`,
);
console.log("events  bytes plain  bytes gzip  ratio  CPU plain (ms/batch)  CPU gzip (ms/batch)");
for (const events of [1, 3, 20]) {
  const runs: Record<"plain" | "gzip", Run[]> = { plain: [], gzip: [] };
  for (let round = 0; round < Number(values.rounds); round++) {
    runs.plain.push(await measure(readers, events, false));
    runs.gzip.push(await measure(readers, events, true));
  }
  const bytes = { plain: median(runs.plain.map((run) => run.bytes)), gzip: median(runs.gzip.map((run) => run.bytes)) };
  const cpu = { plain: median(runs.plain.map((run) => run.cpu)), gzip: median(runs.gzip.map((run) => run.cpu)) };
  const cells = [
    String(events).padStart(6),
    bytes.plain.toFixed(0).padStart(11),
    bytes.gzip.toFixed(0).padStart(10),
    (bytes.plain / bytes.gzip).toFixed(2).padStart(5),
    cpu.plain.toFixed(2).padStart(20),
    cpu.gzip.toFixed(2).padStart(19),
  ];
  console.log(cells.join("  "));
}
await readers.stop();
