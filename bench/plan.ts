/** How many subscribers get how many events. */
export interface FanOutLoad {
  readonly subscribers: number;
  /** Events a second. */
  readonly rate: number;
  /** Length of an event's data in bytes. */
  readonly bytes: number;
}

/** What the benchmark does, and how long. */
export interface Plan {
  readonly loads: readonly FanOutLoad[];
  /** Length of the measured window in seconds. */
  readonly seconds: number;
  /** Seconds of the same load before it, for compilers and buffers to settle. */
  readonly warmUpSeconds: number;
  /** How long deliveries may still come after the publisher stopped, in seconds. */
  readonly graceSeconds: number;
  /** How often everything is repeated. */
  readonly repetitions: number;
  /** Idle connections at the first and at the second look at memory. */
  readonly idle: { readonly few: number; readonly many: number };
  /** Seconds between the last connection and a look at memory. */
  readonly settleSeconds: number;
}

/** The plan that numbers are published from. */
export const fullPlan: Plan = {
  loads: [
    { subscribers: 1000, rate: 1000, bytes: 250 },
    { subscribers: 1000, rate: 100, bytes: 250 },
    // Slow enough for every side, so that latencies can be compared.
    { subscribers: 1000, rate: 40, bytes: 250 },
  ],
  seconds: 5,
  warmUpSeconds: 2,
  graceSeconds: 10,
  repetitions: 3,
  idle: { few: 2000, many: 6000 },
  settleSeconds: 1,
};

/** A short run that shows that everything works. Its numbers mean nothing. */
export const quickPlan: Plan = {
  loads: [
    { subscribers: 50, rate: 200, bytes: 250 },
    { subscribers: 50, rate: 20, bytes: 250 },
  ],
  seconds: 0.4,
  warmUpSeconds: 0.1,
  graceSeconds: 10,
  repetitions: 1,
  idle: { few: 50, many: 150 },
  settleSeconds: 0.05,
};
