import type { Duration, HubStats, StreamEnd } from "tidings";

/** How the hub of a scenario is made. What is left out is the hub's default. */
export interface HubSetup {
  readonly hub?: {
    readonly heartbeat?: Duration;
    /** How long nothing may drain from a full sink. */
    readonly stall?: Duration;
    /** For what all sinks hold together, in bytes. */
    readonly bufferBudget?: number;
  };
  readonly log?: { readonly maxEvents?: number; readonly maxAge?: Duration; readonly maxBytes?: number };
}

/** Events to be published, each to one of the topics, in turn. */
export interface Burst {
  readonly topics: readonly string[];
  /** Length of an event's data in bytes. */
  readonly bytes: number;
  readonly events: number;
}

/** Events to be published steadily. */
export interface Offer extends Omit<Burst, "events"> {
  /** Events a second. */
  readonly rate: number;
}

/** What a publisher in the hub's process had to wait for. */
export interface ProbeReport {
  readonly publishes: number;
  /** From the moment at which the program wanted to publish to the answer. */
  readonly longestWaitMs: number;
  readonly loopDelayP99Ms: number;
  readonly loopDelayMaxMs: number;
}

/** How a stream that has a `name` in its query ended. */
export interface End {
  readonly name: string;
  readonly reason: StreamEnd;
}

/** What the hub's process answers. */
export type HubCalls = {
  /** Makes the hub and answers its port. */
  listen(setup: HubSetup): Promise<number>;
  publish(offer: Offer): void;
  /** Answers how many events were published since the hub was made, and how late the latest was. */
  stopPublishing(argument: undefined): { readonly published: number; readonly latestMs: number };
  /** Publishes in batches of up to a thousand, as fast as the hub takes them. Answers when it has followed, and how long that took. */
  burst(burst: Burst): Promise<number>;
  published(argument: undefined): number;
  stats(argument: undefined): HubStats;
  /** In the order in which they ended. */
  ends(argument: undefined): readonly End[];

  startProbe(request: { readonly topic: string; readonly everyMs: number }): void;
  stopProbe(argument: undefined): ProbeReport;
  collectGarbage(argument: undefined): Promise<void>;
  startProfile(argument: undefined): Promise<void>;
  stopProfile(request: { readonly file: string }): Promise<void> | undefined;
};
