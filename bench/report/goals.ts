import { published, publishedOverHttp, resumedP99, workersCpu } from "../durable/figures.ts";
import type { LogKind } from "../durable/http.ts";
import type { Publisher } from "../durable/publish.ts";
import { busyLoad, calmLoad, type FanOutLoad, isSameLoad, steadyLoad, wideLoad } from "../plan.ts";
import type { Results } from "../results.ts";
import { summarizeAll } from "./fan-out-summary.ts";
import { memoryCost } from "./memory-table.ts";
import { resumedMs } from "./resume-table.ts";

/** What the goals are about, of the results. */
export type Measured = Pick<Results, "fanOut" | "memory" | "resume" | "durable">;

/** A speed to reach (DESIGN.md, section 7), for one of our sides. */
export interface Goal {
  readonly work: string;
  /** Which of our sides it is about. */
  readonly side: string;
  /** The peer that it is compared with; nothing where the goal is an amount. */
  readonly peer?: string;
  /** The most that the figure, or its ratio to the peer's, may be. */
  readonly most?: number;
  /** The least that it may be. */
  readonly least?: number;
  /** What an amount is counted in. */
  readonly unit?: string;
  /** The figure of a side in these results, if it was measured. */
  figure(results: Measured, side: string): number | undefined;
}

/** A goal beside what was measured. */
export interface Outcome {
  readonly goal: Goal;
  /**
   * The ratio, or the amount; nothing where it was not measured. 0 where the peer does not keep up and our side does,
   * `Infinity` or `NaN` where our side does not.
   */
  readonly value: number | undefined;
}

type Figure = Goal["figure"];

const cpu =
  (load: FanOutLoad): Figure =>
  (results, side) =>
    summaryOf(results, load, side)?.cpuMicros?.median;

// The queue of a side that does not keep up grows without end, and its latency with it.
const p99 =
  (load: FanOutLoad): Figure =>
  (results, side) => {
    const summary = summaryOf(results, load, side);
    return summary?.keepsUp === false ? Infinity : summary?.p99Ms?.median;
  };

const memory =
  (collected: boolean): Figure =>
  ({ memory: runs }, side) =>
    memoryCost(runs, side, collected)?.median;

const resume: Figure = ({ resume: runs }, side) => resumedMs(side, runs)?.median;

const durablePublish =
  (inFlight: number): Figure =>
  ({ durable }, side) =>
    durable && published(durable, side as Publisher, inFlight)?.median;

const durableHttp: Figure = ({ durable }, side) => durable && publishedOverHttp(durable, side as LogKind)?.median;

const durableResume: Figure = ({ durable }, side) => {
  if (durable === undefined) return undefined;
  const { many, few, topics } = durable.plan.resume;
  return resumedP99(durable, side === "many" ? many : few, topics)?.median;
};

const workers: Figure = ({ durable }, side) => durable && workersCpu(durable, Number(side))?.median;

const ours = ["tidings-serve", "tidings"];

/** All of them but that of the client. */
const goals: readonly Goal[] = [
  ...against(`CPU per delivery, ${name(busyLoad)}`, cpu(busyLoad), {
    nchan: 1 / 5,
    "better-sse": 1 / 10,
    "c-loop": 0.25,
  }),
  ...against(`CPU per delivery, ${name(wideLoad)}`, cpu(wideLoad), { nchan: 0.85, "c-loop": 1.5 }),
  ...against(`p99, ${name(steadyLoad)}`, p99(steadyLoad), { nchan: 0.5 }),
  ...against(`p99, ${name(calmLoad)}`, p99(calmLoad), { nchan: 0.5 }),
  ...against(`p99, ${name(wideLoad)}`, p99(wideLoad), { nchan: 0.5 }),
  { work: "idle connection, in use", side: "tidings-serve", most: 2, unit: "kB", figure: memory(true) },
  { work: "idle connection, as it stands", side: "tidings-serve", most: 3.5, unit: "kB", figure: memory(false) },
  { work: "idle connection, in use", side: "tidings", peer: "node-http", most: 1.2, figure: memory(true) },
  { work: "idle connection, as it stands", side: "tidings", peer: "node-http", most: 1.2, figure: memory(false) },
  ...against("5,000 clients resume", resume, { nchan: 1 }),
  {
    work: "durable publish, 64 in flight",
    side: "log-keys",
    peer: "write-loop",
    least: 0.4,
    figure: durablePublish(64),
  },
  {
    work: "durable publish, 1,024 in flight",
    side: "log-keys",
    peer: "write-loop",
    least: 0.25,
    figure: durablePublish(1_024),
  },
  { work: "durable publish over HTTP, batches", side: "lmdb", peer: "memory", least: 0.7, figure: durableHttp },
  {
    work: "durable resume, p99, of 5 million events",
    side: "many",
    peer: "few",
    most: 1.5,
    figure: durableResume,
  },
  { work: "CPU per delivery, by workers", side: "2", peer: "1", most: 1.1, figure: workers },
];

/** What these results say of each goal. */
export function outcomes(results: Measured): Outcome[] {
  return goals.map((goal) => {
    const figure = goal.figure(results, goal.side);
    if (goal.peer === undefined || figure === undefined) return { goal, value: figure };
    const peer = goal.figure(results, goal.peer);
    return { goal, value: peer === undefined ? undefined : figure / peer };
  });
}

function against(work: string, figure: Figure, peers: Readonly<Record<string, number>>): Goal[] {
  return Object.entries(peers).flatMap(([peer, most]) => ours.map((side) => ({ work, side, peer, most, figure })));
}

function name({ subscribers, rate }: FanOutLoad): string {
  return `${subscribers.toLocaleString("en")} × ${rate.toLocaleString("en")}/s`;
}

function summaryOf({ fanOut }: Measured, load: FanOutLoad, side: string) {
  return summarizeAll(fanOut.filter((run) => run.side === side && isSameLoad(run.load, load)))[0];
}
