import { ratioText, type Spread, spreadOf, spreadText } from "../report/spread.ts";
import type { Table } from "../report/table.ts";
import type { DurableResults } from "./durable.ts";
import { published, publishedOverHttp, resumedP99, workersCpu, workersDelivered } from "./figures.ts";

/** The tables of the durable log: one for each part that was measured. */
export function durableTables(results: DurableResults): Table[] {
  const tables = [publishTable(results), httpTable(results), resumeTable(results), workersTable(results)];
  return tables.filter(({ rows }) => rows.length > 0);
}

function publishTable(results: DurableResults): Table {
  const { bytes, inFlight } = results.plan.publish;
  return {
    title: `Durable publish, events a second of ${bytes} B, against a loop of write and fdatasync`,
    columns: ["in flight", "loop in C", "log", "ratio", "log, with idempotency keys", "ratio"],
    rows: inFlight.flatMap((count) => {
      const loop = published(results, "write-loop", count);
      if (loop === undefined) return [];
      const [plain, keys] = [published(results, "log", count), published(results, "log-keys", count)];
      return [
        [count.toLocaleString("en"), spreadText(loop)].concat(
          [plain, keys].flatMap((own) => [spreadText(own), ratioText(own, loop)]),
        ),
      ];
    }),
    notes: [],
  };
}

function httpTable(results: DurableResults): Table {
  const { batch, bytes } = results.plan.http;
  const memory = publishedOverHttp(results, "memory");
  return {
    title: `Durable publish over HTTP, batches of ${batch} events of ${bytes} B`,
    columns: ["log", "events a second", "ratio", "server CPU, µs an event"],
    rows: (["memory", "lmdb"] as const).flatMap((log) => {
      const own = results.http.filter((run) => run.log === log);
      if (own.length === 0) return [];
      const cpu = spreadOf(own.map(({ serverCpuSeconds, events }) => (serverCpuSeconds * 1e6) / events));
      const rate = publishedOverHttp(results, log);
      return [[log, spreadText(rate), ratioText(rate, memory), spreadText(cpu)]];
    }),
    notes: [],
  };
}

function resumeTable(results: DurableResults): Table {
  const { few, many, topics, rareTopics, results: count } = results.plan.resume;
  const reference = resumedP99(results, few, topics);
  const lengths = [
    [few, topics],
    [many, topics],
    [many, rareTopics],
  ] as const;
  return {
    title: `Durable resume from a random cursor on an exact topic, ${count} results`,
    columns: ["events in the log", "topics", "p50, ms", "p99, ms", "ratio", "RssAnon before, MB", "after, MB"],
    rows: lengths.flatMap(([events, among]) => {
      const own = results.resume.filter((run) => run.events === events && run.topics === among);
      if (own.length === 0) return [];
      const of = (read: (run: (typeof own)[number]["resumed"]) => number): Spread | undefined =>
        spreadOf(own.map(({ resumed }) => read(resumed)));
      const p99 = resumedP99(results, events, among);
      return [
        [
          events.toLocaleString("en"),
          among.toLocaleString("en"),
          spreadText(of(({ p50 }) => p50 / 1_000)),
          spreadText(p99),
          ratioText(p99, reference),
          spreadText(of(({ anonymousBefore }) => anonymousBefore / 1e6)),
          spreadText(of(({ anonymousAfter }) => anonymousAfter / 1e6)),
        ],
      ];
    }),
    notes: [],
  };
}

function workersTable(results: DurableResults): Table {
  const { subscribers, rate } = results.plan.workers;
  const reference = workersCpu(results, 1);
  return {
    title: `Durable fan-out by workers on one log, ${subscribers.toLocaleString("en")} × ${rate}/s, the load generator on the same cores`,
    columns: [
      "workers",
      "deliveries/s",
      "server CPU, µs a delivery",
      "ratio",
      "p99, ms",
      "load generator, % of a core",
    ],
    rows: [1, 2].flatMap((count) => {
      const windows = results.workers.filter(({ workers }) => workers === count).map(({ run }) => run.window);
      if (windows.length === 0) return [];
      const cpu = workersCpu(results, count);
      const p99 = spreadOf(windows.flatMap(({ latency }) => latency ?? []).map((latency) => latency.p99 / 1_000));
      const generator = spreadOf(
        windows.map(({ generatorCpuSeconds, seconds }) => (100 * generatorCpuSeconds) / seconds),
      );
      const delivered = workersDelivered(results, count);
      return [
        [
          String(count),
          spreadText(delivered),
          spreadText(cpu),
          ratioText(cpu, reference),
          spreadText(p99),
          spreadText(generator),
        ],
      ];
    }),
    notes: [],
  };
}
