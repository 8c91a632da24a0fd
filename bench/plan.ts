import { type DurablePlan, fullDurablePlan, quickDurablePlan } from "./durable/plan.ts";

/** How many subscribers get how many events. */
export interface FanOutLoad {
  readonly subscribers: number;
  /** Events a second. */
  readonly rate: number;
  /** Length of an event's data in bytes. */
  readonly bytes: number;
  /** Length of the measured window in seconds: the slower the rate, the longer it takes to see the slowest of a hundred. */
  readonly seconds: number;
}

/** Whether two loads are the same work. */
export function isSameLoad(a: FanOutLoad, b: FanOutLoad): boolean {
  return a.subscribers === b.subscribers && a.rate === b.rate && a.bytes === b.bytes;
}

/** Clients that are cut at once and come back at once. */
export interface ResumeLoad {
  readonly clients: number;
  /** Events that each of them missed. */
  readonly missed: number;
  /** Length of an event's data in bytes. */
  readonly bytes: number;
  /** How long to wait for the last one to be complete, in seconds. */
  readonly timeoutSeconds: number;
}

/** What the benchmark does, and how long. */
export interface Plan {
  readonly loads: readonly FanOutLoad[];
  /** Seconds of the same load before the window, for compilers and buffers to settle. */
  readonly warmUpSeconds: number;
  /** How long deliveries may still come after the publisher stopped, in seconds. */
  readonly graceSeconds: number;
  /** How often everything is repeated. */
  readonly repetitions: number;
  /** How often a window is measured at most, where other programs had too much of the machine. */
  readonly attempts: number;
  /** Idle connections at the first and at the second look at memory. */
  readonly idle: { readonly few: number; readonly many: number };
  readonly resume: ResumeLoad;
  readonly durable: DurablePlan;
  /** Seconds of rest before a look at memory, and before clients come back. */
  readonly settleSeconds: number;
}

/** Far more than one side can take with a write each: it shows what joining writes is worth. */
export const busyLoad: FanOutLoad = { subscribers: 1000, rate: 1000, bytes: 250, seconds: 5 };

/** A rate at which there is little to join. */
export const steadyLoad: FanOutLoad = { subscribers: 1000, rate: 100, bytes: 250, seconds: 8 };

/** Slow enough for every side, so that all latencies can be compared. */
export const calmLoad: FanOutLoad = { subscribers: 1000, rate: 40, bytes: 250, seconds: 10 };

/** Many subscribers and nothing to join. */
export const wideLoad: FanOutLoad = { subscribers: 10_000, rate: 10, bytes: 250, seconds: 15 };

/** The plan that numbers are published from. */
export const fullPlan: Plan = {
  loads: [busyLoad, steadyLoad, calmLoad, wideLoad],
  warmUpSeconds: 2,
  graceSeconds: 10,
  repetitions: 2,
  attempts: 3,
  idle: { few: 2000, many: 14_000 },
  resume: { clients: 5000, missed: 100, bytes: 250, timeoutSeconds: 60 },
  durable: fullDurablePlan,
  settleSeconds: 1,
};

/** A short run that shows that everything works. Its numbers mean nothing. */
export const quickPlan: Plan = {
  loads: [{ subscribers: 50, rate: 200, bytes: 250, seconds: 0.4 }],
  warmUpSeconds: 0.1,
  graceSeconds: 10,
  repetitions: 1,
  attempts: 1,
  idle: { few: 50, many: 150 },
  resume: { clients: 50, missed: 20, bytes: 250, timeoutSeconds: 20 },
  durable: quickDurablePlan,
  settleSeconds: 0.05,
};
