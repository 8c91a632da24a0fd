import type { ParsedEvent } from "../../wire/parser.ts";
import type { ClientErrorCode } from "../error.ts";
import type { Status } from "../connect/tidings.ts";

/** How far a tab has heard a leader: so many of its news. */
export interface Place {
  readonly leader: string;
  /** Each leader has a higher one than those that it knows of. */
  readonly term: number;
  readonly count: number;
}

/** What a leader tells. Each has all that a tab needs that joins just now. */
export interface News extends Place {
  readonly kind: "news";
  /** It has just become the leader, and goes on from there. */
  readonly after?: Place | undefined;
  readonly takesOver?: true;
  /** What came, with the cursor after it. Without events the count is that of the news before. */
  readonly events: readonly ParsedEvent[];
  readonly cursor: string;
  /** The topics that are on the stream, and which request of each tab they answer. */
  readonly covers: readonly string[];
  readonly answers: Readonly<Record<string, number>>;
  /** All topics that are wanted: the next leader begins with them. */
  readonly wanted: readonly string[];
  readonly refused?: { readonly topics: readonly string[]; readonly error: PlainError } | undefined;
  readonly status: Omit<Status, "error" | "role"> & { readonly error: PlainError | undefined };
  /** The longest that a leader is silent, in ms. */
  readonly heartbeat: number;
}

/** An error that fits through a channel. */
export interface PlainError {
  readonly code: ClientErrorCode;
  readonly message: string;
  readonly status: number | undefined;
}

/** What a tab tells the leader. */
export type Request =
  | { readonly kind: "want"; readonly tab: string; readonly topics: readonly string[]; readonly request: number }
  | { readonly kind: "reconnect" };

/** What tabs tell each other. */
export type Message = News | Request | { readonly kind: "logout" };
