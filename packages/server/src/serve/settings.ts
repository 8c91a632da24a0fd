import type { LogPlace } from "../options/log.ts";
import type { Rate } from "../options/rate.ts";

/** What `tidings serve` was told, checked. Durations are in milliseconds, sizes in bytes. */
export interface ServeSettings {
  readonly host: string;
  readonly port: number;
  readonly log: LogPlace;
  readonly durability?: "fsync" | "commit";
  /** Of the log, as the next two: what is not given is the log's own default. */
  readonly maxEvents?: number;
  readonly maxAge?: number;
  readonly maxBytes?: number;
  /** Processes that serve the hub. */
  readonly workers: number;
  readonly heartbeat: number;
  readonly drain: number;
  readonly maxConnections?: number;
  readonly maxConnectionsPerAddress?: number;
  readonly maxTopics: number;
  readonly maxEventBytes: number;
  /** From one address. */
  readonly publishRate?: Rate;
  readonly maxLifetime?: number;
  readonly stall: number;
  readonly bufferBudget: number;
  readonly replays: number;
  readonly shedDelay: number | false;
  readonly trustedProxies: number;
  readonly origin: readonly string[];
  readonly allowHost: readonly string[];
  readonly compress?: boolean;
  readonly anonymous?: boolean;
  readonly demo?: boolean;
  readonly logLevel: LogLevel;
}

/** From the least to the most that is logged. */
export const LOG_LEVELS = ["silent", "error", "warn", "info", "debug"] as const;

/** How much is logged. */
type LogLevel = (typeof LOG_LEVELS)[number];
