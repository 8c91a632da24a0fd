// A process that has a durable log: it publishes to it, fills it, and resumes from it.
import { readFileSync } from "node:fs";

import { lmdbLog } from "@tidings/log-lmdb";
import type { Draft, Log, Position } from "tidings/log";
import { topicFilter } from "tidings/log";

import { answerCalls } from "../../processes/calls.ts";

/** How many events were appended in how long. */
export interface Published {
  readonly events: number;
  readonly seconds: number;
}

/** How events are published. */
export interface Publishing {
  readonly folder: string;
  /** How many appends are in flight, of one event each. */
  readonly publishers: number;
  /** Length of an event's data. */
  readonly bytes: number;
  readonly warmUpSeconds: number;
  readonly seconds: number;
  /** Whether each event has an idempotency key. */
  readonly keys: boolean;
}

/** How a log is filled, for reading. */
export interface Filling {
  readonly folder: string;
  readonly events: number;
  readonly bytes: number;
  readonly topics: number;
}

/** A place to resume from, and the topic that is asked for. */
export interface Cursor {
  readonly position: Position;
  readonly topic: string;
}

/** How clients resume. */
export interface Resuming {
  readonly folder: string;
  readonly events: number;
  readonly cursors: readonly Cursor[];
  /** How many events each of them gets. */
  readonly results: number;
}

/** How long resumes took, in microseconds, and what the process had in memory that no file stands behind, in bytes. */
export interface Resumed {
  readonly p50: number;
  readonly p99: number;
  readonly resumes: number;
  readonly anonymousBefore: number;
  readonly anonymousAfter: number;
}

/** What the process answers. */
export type LogCalls = {
  publish(how: Publishing): Promise<Published>;
  fill(how: Filling): Promise<readonly Cursor[]>;
  resume(how: Resuming): Promise<Resumed>;
};

const TOPICS = 1_000;
/** As long as the hub's hashes. */
const HASH = 43;
const SAMPLES = 4_000;
const BATCH = 1_000;
const IN_FLIGHT = 8;

answerCalls({ publish, fill, resume } satisfies LogCalls);

async function publish(how: Publishing): Promise<Published> {
  const { folder, publishers, bytes, warmUpSeconds, seconds, keys } = how;
  const log = lmdbLog({ path: folder });
  await log.ends();
  const data = "x".repeat(bytes);
  let [events, counted] = [0, 0];
  const begin = performance.now() + warmUpSeconds * 1_000;
  const end = begin + seconds * 1_000;
  let began = begin;
  let last = begin;
  const publisher = async (): Promise<void> => {
    for (let now = 0; now < end;) {
      const number = events++;
      await log.append([draft(`topics/${number % TOPICS}`, data, keys ? number : undefined)]);
      now = performance.now();
      if (now < begin) began = now;
      else if (now < end) {
        counted++;
        last = now;
      }
    }
  };
  await Promise.all(Array.from({ length: publishers }, publisher));
  await log.close();
  return { events: counted, seconds: (last - began) / 1_000 };
}

/** Answers some places to resume from, by chance, with at least half of the log after each. */
async function fill({ folder, events, bytes, topics }: Filling): Promise<readonly Cursor[]> {
  const log = large(folder, events);
  const data = "x".repeat(bytes);
  const cursors: Cursor[] = [];
  const every = Math.max(1, Math.floor(events / 2 / SAMPLES));
  let next = 0;
  const filler = async (): Promise<void> => {
    while (next < events) {
      const first = next;
      next = Math.min(events, next + BATCH);
      const numbers = Array.from({ length: next - first }, (_, index) => first + index);
      const answers = await log.append(numbers.map((number) => draft(`topics/${number % topics}`, data, undefined)));
      for (const [index, number] of numbers.entries()) {
        const position = answers[index]?.position;
        if (number * 2 >= events || number % every !== 0 || position === undefined) continue;
        cursors.push({ position, topic: `topics/${Math.floor(Math.random() * topics)}` });
      }
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, filler));
  await log.close();
  return cursors;
}

async function resume({ folder, events, cursors, results }: Resuming): Promise<Resumed> {
  const log = large(folder, events);
  await log.ends();
  const order = cursors.slice(0, SAMPLES).toSorted(() => Math.random() - 0.5);
  // Compilers and the heap settle first.
  for (const cursor of order) await resumeOnce(log, cursor, results);
  globalThis.gc?.();
  const anonymousBefore = anonymousBytes();
  const micros: number[] = [];
  for (const cursor of order) {
    const started = performance.now();
    await resumeOnce(log, cursor, results);
    micros.push((performance.now() - started) * 1_000);
  }
  globalThis.gc?.();
  const anonymousAfter = anonymousBytes();
  await log.close();
  const sorted = micros.toSorted((one, other) => one - other);
  const at = (share: number): number => sorted[Math.floor(sorted.length * share)] ?? 0;
  return { p50: at(0.5), p99: at(0.99), resumes: micros.length, anonymousBefore, anonymousAfter };
}

async function resumeOnce(log: Log, { position, topic }: Cursor, results: number): Promise<void> {
  const filter = topicFilter([topic]);
  let found = 0;
  for (let after = position; found < results;) {
    const page = await log.read(after, filter, { entries: results - found, bytes: 10_000_000 });
    if (page.reset) throw new Error("The log does not know a position of its own");
    found += page.entries.filter(({ topics }) => topics.includes(topic)).length;
    if (page.through.offset === after.offset) throw new Error(`${found} of ${results} events after ${after.offset}`);
    after = page.through;
  }
}

/** A log that keeps all that it is given. */
function large(folder: string, events: number): Log {
  return lmdbLog({ path: folder, maxEvents: events * 2, maxBytes: 64 * 2 ** 30, maxAge: "30d" });
}

function draft(topic: string, data: string, number: number | undefined): Draft {
  const key =
    number === undefined ? undefined : { id: `i${number}`.padEnd(HASH, "-"), payload: `p${number}`.padEnd(HASH, "-") };
  return { topics: [topic], event: undefined, data, key, private: false, audience: undefined };
}

/** Memory of this process that no file stands behind, in bytes. */
function anonymousBytes(): number {
  const status = readFileSync("/proc/self/status", "utf8");
  return Number(/^RssAnon:\s*(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1_024;
}
