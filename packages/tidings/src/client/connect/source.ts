import type { ParsedEvent } from "../../wire/parser.ts";
import type { ClientError } from "../error.ts";
import type { Status } from "./tidings.ts";

/** Where events come from: a connection of this tab's, or the one that another tab holds. */
export interface Source {
  /** What is wanted from now on, topics and patterns: the set is the source's then. Without any the connection is closed. */
  want(topics: Set<string>): void;
  reconnect(): void;
  close(): void;
  /** Tells all tabs that share it to end it. */
  logout(): void;
}

/** Who is told of what comes. */
export interface SourceListener {
  /** Every event in order, the hub's own frames too. */
  event(event: ParsedEvent): void;
  /** All events that came together were handed on. */
  settled(): void;
  /**
   * These are on the stream, and nothing that comes over it from now on is without them. `alone`: nothing of others comes
   * any more.
   */
  covers(topics: readonly string[], alone?: boolean): void;
  /** The hub does not take these topics. */
  refused(topics: readonly string[], error: ClientError): void;
  status(changes: Partial<Status>): void;
  /** What comes next follows this cursor, and what there was before that did not come. */
  moved(cursor: string): void;
  /** It was ended in all tabs. */
  loggedOut(): void;
}
