/** What of the durable log is measured, and how long. */
export interface DurablePlan {
  /** How often everything is repeated, each side in its turn. */
  readonly repetitions: number;
  readonly publish: {
    /** How many publishers have an append in flight, of one event each. */
    readonly inFlight: readonly number[];
    readonly bytes: number;
    readonly warmUpSeconds: number;
    readonly seconds: number;
  };
  readonly http: {
    /** Events in one request. */
    readonly batch: number;
    readonly bytes: number;
    /** Requests, before the window and in it. */
    readonly warmUp: number;
    readonly requests: number;
  };
  readonly resume: {
    /** How long the logs are, in events. */
    readonly few: number;
    readonly many: number;
    readonly bytes: number;
    /** Every so many events one is of the topic that is asked for. */
    readonly topics: number;
    /** The same, for one more log as long as the long one, where what is asked for lies far apart. */
    readonly rareTopics: number;
    /** Events that a client missed. */
    readonly results: number;
  };
  readonly workers: {
    readonly subscribers: number;
    /** Events a second. */
    readonly rate: number;
    readonly bytes: number;
    readonly warmUpSeconds: number;
    readonly seconds: number;
  };
}

/** The plan that numbers are published from. */
export const fullDurablePlan: DurablePlan = {
  repetitions: 3,
  publish: { inFlight: [1, 64, 1_024], bytes: 250, warmUpSeconds: 1.5, seconds: 3 },
  http: { batch: 100, bytes: 250, warmUp: 3_000, requests: 6_000 },
  resume: { few: 10_000, many: 5_000_000, bytes: 100, topics: 50, rareTopics: 1_000, results: 100 },
  workers: { subscribers: 10_000, rate: 20, bytes: 250, warmUpSeconds: 2, seconds: 8 },
};

/** A short one, which shows that everything works. Its numbers mean nothing. */
export const quickDurablePlan: DurablePlan = {
  repetitions: 1,
  publish: { inFlight: [1, 64], bytes: 250, warmUpSeconds: 0.1, seconds: 0.2 },
  http: { batch: 100, bytes: 250, warmUp: 20, requests: 50 },
  resume: { few: 5_000, many: 20_000, bytes: 100, topics: 20, rareTopics: 80, results: 100 },
  workers: { subscribers: 50, rate: 100, bytes: 250, warmUpSeconds: 0.2, seconds: 0.5 },
};
