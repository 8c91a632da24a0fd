import {
  atLeastOne,
  HubError,
  milliseconds,
  noLogger,
  systemRuntime,
  type Appended,
  type Draft,
  type Duration,
  type Ends,
  type Entry,
  type Followed,
  type Log,
  type Logger,
  type Page,
  type PageLimit,
  type Position,
  type Reset,
  type Runtime,
  type TopicFilter,
} from "tidings/log";
import { beforeOpening, damagedLog } from "./maintenance/before-opening.ts";
import { SharedAppender } from "./sharing/shared-appender.ts";
import { Store } from "./store/store.ts";
import type { StoreSettings } from "./store/store-settings.ts";

/** Where the log is, how durable it is, how much it keeps, and for how long. */
export interface LmdbLogOptions {
  /** The folder. Made if it is not there. */
  readonly path: string;
  /** What an acknowledged event survives: the machine (`fsync`, the default), or this process only (`commit`). */
  readonly durability?: "fsync" | "commit";
  /** Events. A million by default. */
  readonly maxEvents?: number;
  /** From publication on. Seven days by default. */
  readonly maxAge?: Duration;
  /** Of entries as they are stored. 1 GiB by default; the kept newest events of quiet topics may take as much again. */
  readonly maxBytes?: number;
  /** Topics whose newest event is kept beyond retention, for `last:N`. 10,000 by default. */
  readonly maxTopics?: number;
  /** How long an idempotency key is remembered. Five minutes by default. */
  readonly dedupeWindow?: Duration;
  /** How many idempotency keys are remembered. 100,000 by default. */
  readonly maxKeys?: number;
  /** Where it says what went wrong with the disk. Nowhere by default. */
  readonly logger?: Logger;
  /** The clock and the chance. The real ones by default. */
  readonly runtime?: Runtime;
}

/**
 * A log on this machine's disk: an event that was acknowledged is there after a crash.
 *
 * @throws HubError `bad-option`
 */
export function lmdbLog(options: LmdbLogOptions): Log {
  return new LmdbLog(settled(options));
}

function settled(options: LmdbLogOptions): StoreSettings {
  const { path, durability = "fsync" } = options;
  if (typeof path !== "string" || path === "") throw new HubError("bad-option", "path must name a folder");
  return {
    path,
    durability,
    maxEvents: atLeastOne(options.maxEvents ?? 1_000_000, "maxEvents"),
    maxAge: milliseconds(options.maxAge ?? "7d", "maxAge"),
    maxBytes: atLeastOne(options.maxBytes ?? 1024 ** 3, "maxBytes"),
    maxTopics: atLeastOne(options.maxTopics ?? 10_000, "maxTopics"),
    dedupeWindow: milliseconds(options.dedupeWindow ?? "5m", "dedupeWindow"),
    maxKeys: atLeastOne(options.maxKeys ?? 100_000, "maxKeys"),
    logger: options.logger ?? noLogger,
    runtime: options.runtime ?? systemRuntime(),
  };
}

/** The log as this process sees it, and its way to append to it. */
interface Opened {
  readonly store: Store;
  readonly appender: SharedAppender;
  /** The mark that this process has the log open. */
  readonly takeMarkAway: () => void;
}

class LmdbLog implements Log {
  readonly durability: "fsync" | "commit";
  readonly atomicBatches = true;
  readonly #opened: Promise<Opened>;
  #appender: SharedAppender | undefined;
  #closed = false;

  constructor(settings: StoreSettings) {
    this.durability = settings.durability;
    this.#opened = this.#open(settings);
    // Whoever calls hears of it.
    this.#opened.catch(() => undefined);
  }

  get ready(): boolean {
    return !this.#closed && this.#appender?.ready === true;
  }

  append(drafts: readonly Draft[]): Promise<readonly Appended[]> {
    if (this.#closed) return Promise.reject(new HubError("closed", "The log is closed"));
    return this.#appender?.append(drafts) ?? this.#opened.then(({ appender }) => appender.append(drafts));
  }

  async read(after: Position, filter: TopicFilter, limit: PageLimit): Promise<Page | Reset> {
    return (await this.#opened).store.read(after, filter, limit);
  }

  async latest(filter: TopicFilter, n: number, through: Position): Promise<readonly Entry[]> {
    return (await this.#opened).store.latest(filter, n, through);
  }

  async *follow(after: Position, signal: AbortSignal): AsyncGenerator<Followed, void> {
    yield* (await this.#opened).store.follow(after, signal);
  }

  async ends(): Promise<Ends> {
    return (await this.#opened).store.ends();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const opened = await this.#opened.catch(() => undefined);
    await opened?.appender.close();
    await opened?.store.close();
    opened?.takeMarkAway();
  }

  async #open(settings: StoreSettings): Promise<Opened> {
    const { path: folder, durability, logger } = settings;
    const takeMarkAway = await beforeOpening(folder, logger);
    const store = await Store.open(settings).catch((error: unknown) => {
      takeMarkAway();
      throw damagedLog(folder, error);
    });
    const appender = new SharedAppender({ folder, store, durability, logger });
    store.onCommitted = ({ offset }) => appender.committed(offset);
    this.#appender = appender;
    return { store, appender, takeMarkAway };
  }
}
