import { encodeEvent } from "../wire/encode.ts";
import { formatCursor } from "./cursor.ts";
import type { Log, Position } from "./log/log.ts";
import { checkEventName, dataText } from "./publication.ts";
import { checkTopic } from "./topic.ts";
import type { TopicFilter } from "./topic-filter.ts";

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
 * The state that the live events change, or a welcome: an event, or an iterable of events, sync or async. The hub
 * takes its position in the log before it calls this, and sends everything since that position after it.
 */
export type Snapshot = () => MaybePromise<SnapshotEvent | Iterable<SnapshotEvent> | AsyncIterable<SnapshotEvent>>;

/** A snapshot as the engine sends it: frames without `id:`. */
export type SnapshotFrames = (log: Log, filter: TopicFilter, through: Position) => AsyncIterator<Uint8Array>;

/** The frames of an embedder's snapshot. */
export function embedderSnapshot(snapshot: Snapshot): SnapshotFrames {
  return async function* () {
    const given = await snapshot();
    const events = isIterable(given) ? given : [given];
    for await (const event of events) yield snapshotFrame(event);
  };
}

/** The newest `n` events of each topic: `from=last:N`. Each carries its cursor as `cursor:`, which resumes nothing. */
export function latestSnapshot(n: number): SnapshotFrames {
  return async function* (log, filter, through) {
    for (const { event, topics, data, offset, tag } of await log.latest(filter, n, through)) {
      const cursor = formatCursor({ epoch: through.epoch, offset, tag });
      yield encodeEvent({ topics, cursor, data, ...(event === undefined ? {} : { event }) });
    }
  };
}

function snapshotFrame({ event, data, topic }: SnapshotEvent): Uint8Array {
  if (event !== undefined) checkEventName(event);
  const topics = topic === undefined ? [] : [topic].flat();
  for (const each of topics) checkTopic(each);
  return encodeEvent({ topics, data: dataText(data), ...(event === undefined ? {} : { event }) });
}

function isIterable<Item>(value: object): value is Iterable<Item> | AsyncIterable<Item> {
  return Symbol.iterator in value || Symbol.asyncIterator in value;
}
