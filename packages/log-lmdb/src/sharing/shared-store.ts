import type { Appender, AppenderRecord } from "../appender.ts";

/** What sharing asks of the store. */
export interface SharedStore {
  /** As it is now, not as this process saw it last. Generation 0 and no socket in an empty folder. */
  appenderRecord(): AppenderRecord;
  /** Answers `undefined` if another process was faster. */
  claim(generation: number, socket: string): Promise<Appender | undefined>;
  /** Takes in what other processes have committed, and tells those in this process who follow. */
  refresh(): void;
  /** After a failure, of a claim or of reading: a file in which a commit has failed cannot be trusted. */
  reopen(): Promise<void>;
  /** Frees the places of readers whose processes are gone. */
  clearStaleReaders(): unknown;
}
