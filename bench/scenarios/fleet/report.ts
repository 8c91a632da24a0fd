/** Times in microseconds. */
interface Times {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** What a group of streams is doing, and was told so far. */
export interface GroupReport {
  readonly streams: number;
  readonly open: number;
  readonly live: number;
  readonly endedByPeer: number;
  readonly resetByPeer: number;
  readonly refused: number;
  readonly events: number;
  readonly bytes: number;
  readonly cursors: number;
  readonly lives: number;
  readonly gaps: number;
  readonly resets: number;
  /** Events that did not come and that no gap covers. */
  readonly lost: number;
  /** Events that came twice or late. */
  readonly doubled: number;
  /** Gaps that do not begin where the client was, and ids that are not their event's. */
  readonly wrong: number;
  /** Sequence number of the event that must come next, where it is least and where it is most. */
  readonly leastNext: number;
  readonly mostNext: number;
  /** Without any frame, on a stream that reads, in microseconds. */
  readonly longestSilence: number;
  /** From publication to the client. */
  readonly latency: Times;
  /** From connecting to the first frame. */
  readonly toFirst: Times;
  /** From connecting, or from the cut before it, to `tidings:live`. */
  readonly toLive: Times;
}

/** A gap as a client was told of it. */
interface GapReport {
  readonly reason: string;
  readonly after: string;
  readonly through: string;
  /** The id that the client had when it was told. */
  readonly had: string;
  /** Sequence number of the first event after it, and its age in microseconds; -1 while none has come. */
  readonly first: number;
  readonly firstAge: number;
}

/** One stream of a group. Times are microseconds of the monotonic clock; 0: has not happened. */
export interface StreamReport {
  readonly state: "open" | "closed";
  readonly ending: "" | "fleet" | "peer" | "reset" | "refused";
  readonly closedAt: number;
  readonly liveAt: number;
  readonly cutAt: number;
  readonly lastId: string;
  readonly next: number;
  readonly events: number;
  readonly lost: number;
  readonly doubled: number;
  readonly resets: number;
  /** How old the first event was since it began to read or connected, in microseconds; -1 if none came. */
  readonly firstAge: number;
  readonly gaps: readonly GapReport[];
}

/** Whether everyone has everything that was published so far, and nothing twice. */
export function isComplete(report: GroupReport, published: number): boolean {
  return report.leastNext >= published && report.lost === 0 && report.doubled === 0 && report.wrong === 0;
}
