import type { Draft, Entry } from "../log/log.ts";

/** Each stream's changes have a topic of their own: in a log with an index, those of others cost nothing. */
const STREAMS = "$hub/streams/";

/** What a change does to the topics and patterns of a stream. */
export interface TopicChange {
  readonly add: readonly string[];
  readonly remove: readonly string[];
}

/** A change of one stream, as the log has it. */
export interface ControlEntry extends TopicChange {
  /** Counts the changes of this stream: one that comes after a later one is void. */
  readonly number: number;
}

/** The topic of a stream's changes, by the stream's id: its name is a secret. No one outside can ask for it. */
export function streamTopic(id: string): string {
  return STREAMS + id;
}

/** A change as it is appended. */
export function controlDraft(id: string, change: ControlEntry): Draft {
  return {
    topics: [streamTopic(id)],
    event: "change",
    data: JSON.stringify(change),
    key: undefined,
    private: false,
    audience: undefined,
  };
}

/** The id of the stream that an entry changes, if it does. */
export function changedStream({ topics: [topic = ""] }: Entry): string | undefined {
  return topic.startsWith(STREAMS) ? topic.slice(STREAMS.length) : undefined;
}

/** The change that such an entry is. */
export function controlEntry({ data }: Entry): ControlEntry {
  // What stands under these topics a hub has written.
  return JSON.parse(data) as ControlEntry;
}
