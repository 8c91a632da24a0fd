import type { ParsedEvent } from "../../wire/parser.ts";
import type { ClientError } from "../error.ts";
import type { Status } from "../connect/tidings.ts";

/** How far a tab has heard a leader: so many of its news. */
export interface Place {
  readonly leader: string;
  /** Each leader has a higher one than those that it knows of. */
  readonly term: number;
  readonly count: number;
}

/** What a leader tells. Each has all that a tab needs that joins just now. */
export interface News {
  readonly kind: "news";
  /** Without events the count is that of the news before. */
  readonly place: Place;
  /** It has just become the leader, and goes on from there. */
  readonly after?: Place;
  /** What came, with the cursor after it. */
  readonly events: readonly ParsedEvent[];
  readonly cursor: string;
  /** The topics that are on the stream, and the requests that they answer. */
  readonly covers: readonly string[];
  readonly answers: readonly string[];
  /** Nothing of other topics comes any more. */
  readonly alone?: boolean | undefined;
  /** All topics that are wanted: the next leader begins with them. */
  readonly wanted: readonly string[];
  readonly refused?: { readonly topics: readonly string[]; readonly error: PlainError };
  readonly status: Omit<Status, "error"> & { readonly error: PlainError | undefined };
  /** The longest that a leader is silent, in ms. */
  readonly heartbeat: number;
}

/** An error as it is when it came through a channel. */
export type PlainError = Pick<ClientError, "code" | "message" | "status" | "problem">;

/** What a tab tells the leader. */
export type Request =
  /** The request has a name of its own each time. */
  | { readonly kind: "want"; readonly tab: string; readonly topics: readonly string[]; readonly request: string }
  | { readonly kind: "reconnect" };

/** What tabs tell each other. */
export type Message = News | Request | { readonly kind: "logout" };

/** Waits for a lock, and holds it until what is done with it is over. */
export function hold(lock: string, how: LockOptions, held: () => Promise<void> | void): Promise<void> {
  // Withdrawn, or stolen.
  return navigator.locks.request(lock, how, held).catch(() => undefined);
}
