import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Fixture } from "../../packages/tidings/test/wire/fixtures.ts";
import { difference } from "./difference.ts";
import { type ParserSide, sides } from "./sides.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as NonNullable<typeof globalThis.gc>;

/** How long to measure. */
export interface ParserPlan {
  /** Every stream is about so long. */
  readonly bytes: number;
  readonly rounds: number;
  /** Processor time of one measurement, in milliseconds. */
  readonly sample: number;
}

/** What both sides took to read a stream: for each round, in nanoseconds for each KiB. */
export interface ParserRun {
  readonly fixture: string;
  readonly bytes: number;
  readonly events: number;
  readonly ours: number[];
  readonly theirs: number[];
}

interface Course extends ParserRun {
  readonly chunks: readonly Uint8Array[];
  /** How often a measurement reads the stream. */
  readonly passes: number;
}

/**
 * Measures both sides on all streams, one after the other and every other round in the opposite order, after both have
 * read everything. So no side meets compiled code that knows only one kind of text.
 *
 * @throws Error if the sides do not find the same events
 */
export function measureParsers(fixtures: readonly Fixture[], plan: ParserPlan): ParserRun[] {
  const events = fixtures.map(checked);
  for (const { chunks } of [...fixtures, ...fixtures])
    for (const side of sides) time(side, chunks, passesFor(side, chunks, plan.sample));
  const courses: Course[] = fixtures.map(({ name, chunks }, index) => ({
    fixture: name,
    chunks,
    bytes: chunks.reduce((sum, { length }) => sum + length, 0),
    events: events[index] ?? 0,
    passes: Math.max(...sides.map((side) => passesFor(side, chunks, plan.sample))),
    ours: [],
    theirs: [],
  }));
  for (let round = 0; round < plan.rounds; round++) {
    for (const { chunks, bytes, passes, ours, theirs } of courses) {
      for (const side of round % 2 === 0 ? sides : sides.toReversed())
        (side === sides[0] ? ours : theirs).push((time(side, chunks, passes) * 1_000) / passes / (bytes / 1_024));
    }
  }
  return courses.map(({ fixture, bytes, events: found, ours, theirs }) => ({
    fixture,
    bytes,
    events: found,
    ours,
    theirs,
  }));
}

/** How many events both find. */
function checked({ name, chunks }: Fixture): number {
  const [ours, theirs] = [sides[0].seen(chunks), sides[1].seen(chunks)];
  const found = difference(ours, theirs);
  if (found !== undefined) throw new Error(`${name}: ${found}`);
  return ours.length;
}

function passesFor(side: ParserSide, chunks: readonly Uint8Array[], sample: number): number {
  side.pass(chunks);
  return Math.ceil((sample * 1_000) / Math.max(1, time(side, chunks, 1)));
}

/** The processor time of the process, in microseconds: what helps a side from other threads is part of its price. */
function time(side: ParserSide, chunks: readonly Uint8Array[], passes: number): number {
  // Each side collects its own garbage.
  collect({ type: "minor" });
  const before = process.cpuUsage();
  for (let pass = 0; pass < passes; pass++) side.pass(chunks);
  const { user, system } = process.cpuUsage(before);
  return user + system;
}
