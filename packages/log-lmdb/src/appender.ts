import type { Appended, Draft } from "tidings/log";

/** Appends to an open store, as long as its generation stands. */
export interface Appender {
  /**
   * Appends drafts next to each other; answers when they are as durable as the store promises.
   *
   * @throws HubError `conflict` (nothing was appended), `log-failed` (its message says whether that is known), `closed`
   * @throws Overtaken nothing was appended, and nothing will be by this appender
   */
  append(drafts: readonly Draft[]): Promise<readonly Appended[]>;
  /** Settles when another one has claimed the log, or this one is closed. */
  readonly lost: Promise<void>;
  /** Whether an append is expected to succeed now. */
  readonly ready: boolean;
  /** Waits for what is being appended, and stops. The record names no one then. */
  close(): Promise<void>;
}

/** Who appends, as the store's record says. */
export interface AppenderRecord {
  /** Rises by one with each claim. */
  readonly generation: number;
  /** Where the appender listens; `undefined` if there is none. */
  readonly socket: string | undefined;
}

/** An append was refused because another process has claimed the log: nothing was appended. */
export class Overtaken extends Error {
  override readonly name = "Overtaken";

  constructor() {
    super("Another process appends to the log now; nothing was appended");
  }
}
