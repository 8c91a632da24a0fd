import type { Logger, Runtime } from "tidings/log";

/** What a store keeps, and for how long; checked. */
export interface Retention {
  readonly maxEvents: number;
  /** In milliseconds. */
  readonly maxAge: number;
  readonly maxBytes: number;
  readonly maxTopics: number;
  /** In milliseconds. */
  readonly dedupeWindow: number;
  readonly maxKeys: number;
}

/** Everything a store is opened with, settled. */
export interface StoreSettings extends Retention {
  readonly path: string;
  readonly durability: "fsync" | "commit";
  readonly logger: Logger;
  readonly runtime: Runtime;
}
