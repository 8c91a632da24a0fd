import { encodeEvent } from "../wire/encode.ts";
import { formatCursor } from "./cursor.ts";
import { HubError } from "./error.ts";
import { isIterable } from "./iterable.ts";
import type { Entry, Log, Position } from "./log/log.ts";
import { checkEventName, dataText } from "./publication.ts";
import { checkTopic } from "./topic.ts";
import type { TopicFilter } from "./topic-filter.ts";
import { shown } from "../wire/fields.ts";

/** An event for one subscriber alone. It is not in the log and has no cursor. */
export interface SnapshotEvent {
  readonly event?: string | undefined;
  /** A text is sent as it is; anything else as JSON. */
  readonly data: unknown;
  /** The topics that its frame names, so that a client can route it as it routes the live ones. */
  readonly topic?: string | readonly string[] | undefined;
}

type MaybePromise<Value> = Value | Promise<Value>;

/**
 * The state that the live events change, or a welcome: an event, or an iterable of events, sync or async, or nothing.
 * The hub takes its position in the log before it calls this, and sends everything since that position after it.
 */
export type Snapshot = () => MaybePromise<
  SnapshotEvent | Iterable<SnapshotEvent> | AsyncIterable<SnapshotEvent> | undefined
>;

/** A snapshot as the engine sends it. */
export interface SnapshotSource {
  /** Whether it stands for all that came before the log's head, or before the position at which it became due. */
  readonly ofHead: boolean;
  /** Frames without `id:`. */
  frames(log: Log, filter: TopicFilter, through: Position): AsyncIterator<Uint8Array>;
}

/** An embedder's snapshot: it is made now, so what the log still has from before would only take the client back. */
export function embedderSnapshot(snapshot: Snapshot): SnapshotSource {
  return {
    ofHead: true,
    async *frames() {
      const given = await snapshot();
      if (given === undefined) return;
      const events = isIterable<SnapshotEvent>(given) ? given : [given];
      for await (const event of events) yield snapshotFrame(event);
    },
  };
}

/**
 * The newest `n` events of each topic: `from=last:N`. Each carries its cursor as `cursor:`, which resumes nothing. After
 * a gap or a reset it is what is known of the topics up to there, and what the log has from there on follows.
 */
export function latestSnapshot(n: number): SnapshotSource {
  return {
    ofHead: false,
    async *frames(log, filter, through) {
      yield* cursorFrames(await log.latest(filter, n, through), filter, through.epoch);
    },
  };
}

/** What `latest` sends in place of what it passes over: the newest event of each topic since an offset. */
export function newestSince(since: number): SnapshotSource {
  return {
    ofHead: false,
    async *frames(log, filter, through) {
      const newest = await log.latest(filter, 1, through);
      yield* cursorFrames(
        newest.filter(({ offset }) => offset > since),
        filter,
        through.epoch,
      );
    },
  };
}

/** Each tells by `cursor:` which event it is, and resumes nothing. What nobody asked for is not sent, whatever a log says. */
function* cursorFrames(entries: readonly Entry[], filter: TopicFilter, epoch: string): Generator<Uint8Array, void> {
  for (const { event, topics, data, offset, tag } of entries) {
    if (!filter.matches(topics)) continue;
    yield encodeEvent({ topics, cursor: formatCursor({ epoch, offset, tag }), data, event });
  }
}

function snapshotFrame(given: SnapshotEvent): Uint8Array {
  if (typeof given !== "object" || given === null) {
    throw new HubError("bad-data", `A snapshot is made of events such as { data: "hello" }, not of ${shown(given)}`);
  }
  const { event, data, topic } = given;
  if (event !== undefined) checkEventName(event);
  const topics = topic === undefined ? [] : [topic].flat();
  for (const each of topics) checkTopic(each);
  return encodeEvent({ topics, data: dataText(data), event });
}
