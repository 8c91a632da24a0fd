/**
 * What happened in a run, one record a line. All `at` are of one clock, in milliseconds, and never go back. A `cursor`
 * is what `id:` carries; a `payload` is what `payloadOf` makes of an event.
 */
export type LogRecord =
  | RunRecord
  | InvokeRecord
  | AnswerRecord
  | ConnectRecord
  | FrameRecord
  | DisconnectRecord
  | LeaveRecord
  | ChangeRecord
  | ChangedRecord
  | FaultRecord
  | HistoryRecord
  | AppendedRecord
  | EvictedRecord
  | EntryRecord
  | ErrorRecord
  | StatsRecord
  | EndRecord;

/** How the run was made. The first record. */
export interface RunRecord {
  readonly kind: "run";
  readonly seed: number;
  readonly versions: Readonly<Record<string, string>>;
  /** The log's own records (`history`, `appended`, `evicted`) are here, so that every event of it is known. */
  readonly traced: boolean;
  /** The log outlives its process: there is one history, whatever is killed, and all of it that anyone was told of. */
  readonly durable?: boolean | undefined;
  /** The log appends in the order of the calls: then so does the hub. */
  readonly inOrder?: boolean | undefined;
  /** How long an idempotency key is remembered, in milliseconds. */
  readonly dedupeWindow: number;
  /** The log's retention by count, if nothing else bounds it. */
  readonly maxEvents?: number | undefined;
}

/** An event that a publisher tries to publish. All tries of one have its publisher, its `seq` and its key. */
export interface Attempted {
  readonly seq: number;
  readonly key?: string | undefined;
  readonly topics: readonly string[];
  readonly payload: string;
}

/** A publisher calls. */
export interface InvokeRecord {
  readonly kind: "invoke";
  readonly at: number;
  readonly publisher: string;
  /** Counts this publisher's calls. */
  readonly attempt: number;
  readonly events: readonly Attempted[];
}

/** What a call came to. `fail`: nothing was appended. `unknown`: perhaps it was. */
export interface AnswerRecord {
  readonly kind: "answer";
  readonly at: number;
  readonly publisher: string;
  readonly attempt: number;
  readonly outcome: "ok" | "fail" | "unknown";
  /** Of `ok`, one for each event of the call. */
  readonly events?: readonly { readonly id: string; readonly duplicate?: boolean | undefined }[] | undefined;
  /** Of the others: why. */
  readonly code?: string | undefined;
}

/** What is sent to a subscriber that begins without a cursor, or whose history has a gap. */
export type SnapshotKind = "embedder" | `last:${number}`;

/** What a subscriber does about what it cannot keep up with. */
export type Policy = "reliable" | "latest" | "disconnect";

/** A subscriber asks for a stream. */
export interface ConnectRecord {
  readonly kind: "connect";
  readonly at: number;
  readonly subscriber: string;
  /** Counts this subscriber's connections. */
  readonly connection: number;
  readonly topics: readonly string[];
  /** What it sends as `Last-Event-ID`. */
  readonly cursor?: string | undefined;
  /** `now` if there is none. */
  readonly from?: "earliest" | undefined;
  readonly snapshot?: SnapshotKind | undefined;
  readonly policy?: Policy | undefined;
}

/** A whole frame that a subscriber received. */
export interface FrameRecord {
  readonly kind: "frame";
  readonly at: number;
  readonly subscriber: string;
  readonly connection: number;
  readonly event: string;
  readonly id?: string | undefined;
  /** Of a frame of the hub's own. */
  readonly data?: string | undefined;
  /** Of a published event, and of a snapshot's. */
  readonly payload?: string | undefined;
  readonly topics?: readonly string[] | undefined;
  readonly cursor?: string | undefined;
  readonly retry?: number | undefined;
}

/** A connection is over: the subscriber left it, the hub ended it, or a fault did. */
interface DisconnectRecord {
  readonly kind: "disconnect";
  readonly at: number;
  readonly subscriber: string;
  readonly connection: number;
  readonly by: "client" | "hub" | "fault";
}

/** A subscriber goes for good: from here on it is owed nothing. */
interface LeaveRecord {
  readonly kind: "leave";
  readonly at: number;
  readonly subscriber: string;
}

/** A subscriber asks to change the topics of the stream that it has. */
export interface ChangeRecord {
  readonly kind: "change";
  readonly at: number;
  readonly subscriber: string;
  readonly connection: number;
  /** Counts this subscriber's changes. */
  readonly number: number;
  readonly add: readonly string[];
  readonly remove: readonly string[];
}

/** What a change came to. `fail`: it has no effect. `unknown`: perhaps it has. */
export interface ChangedRecord {
  readonly kind: "changed";
  readonly at: number;
  readonly subscriber: string;
  readonly number: number;
  readonly outcome: "ok" | "fail" | "unknown";
  /** Of `ok`: the cursor from which on it holds. */
  readonly id?: string | undefined;
  /** Of the others: why. */
  readonly code?: string | undefined;
}

/** Something was broken on purpose, or put right. */
export interface FaultRecord {
  readonly kind: "fault";
  readonly at: number;
  readonly what: string;
  readonly [detail: string]: unknown;
}

/** A history of the log begins. `rewound`: it has the entries of the one before through `offset`, and the same epoch. */
export interface HistoryRecord {
  readonly kind: "history";
  readonly at: number;
  readonly cause: "begun" | "restarted" | "rewound";
  /** Where it is known. */
  readonly epoch?: string | undefined;
  readonly offset?: number | undefined;
}

/** The log appended an entry, acknowledged or not. */
export interface AppendedRecord {
  readonly kind: "appended";
  readonly at: number;
  readonly cursor: string;
  readonly topics: readonly string[];
  readonly payload: string;
}

/** Retention has let go of everything through here. */
export interface EvictedRecord {
  readonly kind: "evicted";
  readonly at: number;
  readonly cursor: string;
}

/** What the log holds at the end of the run, one record an entry, the oldest first. */
export interface EntryRecord {
  readonly kind: "entry";
  readonly cursor: string;
  readonly topics: readonly string[];
  readonly payload: string;
}

/** Something threw that had no reason to. */
interface ErrorRecord {
  readonly kind: "error";
  readonly at: number;
  readonly what: string;
}

/** What the hub says of itself when everyone has left. */
interface StatsRecord {
  readonly kind: "stats";
  readonly at: number;
  readonly subscribers: number;
  readonly topics: number;
}

/** Everything was healed, had its time, and is over: whoever has not left has to have everything. */
interface EndRecord {
  readonly kind: "end";
  readonly at: number;
}
