import type { HubErrorCode } from "tidings/log";
import type { HubStats } from "tidings";
import type { FrontHub } from "tidings/http";

import type { Figures } from "../metrics.ts";
import type { StopSignal } from "../shutdown.ts";

/** What a worker has done and counted. */
export interface Report {
  readonly stats: HubStats;
  readonly figures: Figures;
}

/** A change of a stream, which may be at any worker. */
export interface AskedChange {
  readonly name: string;
  readonly change: Parameters<FrontHub["change"]>[1];
  readonly by: Parameters<FrontHub["change"]>[2];
}

/** How a change ended: with its id, or with the error that it was refused with. */
export type ChangeOutcome = { readonly id: string } | ChangeRefusal;

export interface ChangeRefusal {
  readonly code: HubErrorCode;
  readonly message: string;
  readonly retryAfter: number | undefined;
}

/** What a worker answers to its supervisor. */
export type WorkerProcedures = {
  report(): Promise<Report>;
  /** Why it is not ready, if it is not. */
  trouble(): Promise<string | undefined>;
  /** Changes a stream of its own. */
  change(asked: AskedChange): Promise<ChangeOutcome>;
  /** Whether the demo's operation has begun. Only the first worker has it. */
  startOperation(): boolean;
  stop(signal: StopSignal): Promise<void>;
};

/** What a supervisor answers to its workers. */
export type SupervisorProcedures = {
  /** The worker listens, and has done nothing yet. */
  listening(at: { readonly address: string; readonly port: number; readonly report: Report }): void;
  /** The worker cannot start, and why. */
  failed(message: string): void;
  /** What all of them do and have done. */
  stats(): Promise<HubStats>;
  /** What all of them have counted, as Prometheus reads it. */
  metrics(): Promise<string>;
  trouble(): Promise<string | undefined>;
  /** Changes a stream that the worker does not have. */
  change(asked: AskedChange): Promise<ChangeOutcome>;
  startOperation(): Promise<boolean>;
};
