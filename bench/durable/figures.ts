import { cpuPerDelivery, deliveredPerSecond } from "../report/fan-out-summary.ts";
import { type Spread, spreadOf } from "../report/spread.ts";
import type { DurableResults } from "./durable.ts";
import type { LogKind } from "./http.ts";
import type { Publisher } from "./publish.ts";

/** Events a second of so many publishers. */
export function published({ publish }: DurableResults, publisher: Publisher, inFlight: number): Spread | undefined {
  const own = publish.filter((run) => run.publisher === publisher && run.inFlight === inFlight);
  return spreadOf(own.map(({ published: { events, seconds } }) => events / seconds));
}

/** Events a second in batches over HTTP. */
export function publishedOverHttp({ http }: DurableResults, log: LogKind): Spread | undefined {
  return spreadOf(http.filter((run) => run.log === log).map(({ events, seconds }) => events / seconds));
}

/** The 99th percentile of a resume, in milliseconds, in a log of so many events and topics. */
export function resumedP99({ resume }: DurableResults, events: number, topics: number): Spread | undefined {
  const own = resume.filter((run) => run.events === events && run.topics === topics);
  return spreadOf(own.map(({ resumed }) => resumed.p99 / 1_000));
}

/** Processor time of all workers for one delivery, in microseconds. */
export function workersCpu({ workers }: DurableResults, count: number): Spread | undefined {
  return spreadOf(workers.filter((each) => each.workers === count).map(({ run }) => cpuPerDelivery(run)));
}

/** Deliveries a second of so many workers. */
export function workersDelivered({ workers }: DurableResults, count: number): Spread | undefined {
  return spreadOf(workers.filter((each) => each.workers === count).map(({ run }) => deliveredPerSecond(run)));
}
