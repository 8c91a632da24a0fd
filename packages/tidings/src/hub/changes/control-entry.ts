import type { Draft, Entry } from "../log/log.ts";

/** The topic of changes of open streams. No one outside publishes or subscribes to it. */
export const STREAMS_TOPIC = "$hub/streams";

/** What a change does to the topics and patterns of a stream. */
export interface TopicChange {
  readonly add: readonly string[];
  readonly remove: readonly string[];
}

/** A change of one stream, as the log has it. */
export interface ControlEntry extends TopicChange {
  /** The stream's id. Its name is a secret and not in the log. */
  readonly stream: string;
  /** Counts the changes of this stream: one that comes after a later one is void. */
  readonly number: number;
}

/** A change as it is appended. */
export function controlDraft({ stream, number, add, remove }: ControlEntry): Draft {
  const data = JSON.stringify({ stream, number, add, remove });
  return { topics: [STREAMS_TOPIC], event: "change", data, key: undefined, private: false, audience: undefined };
}

/** The change that an entry is, if it is one. */
export function controlEntry({ topics, data }: Entry): ControlEntry | undefined {
  // What stands under this topic a hub has written.
  return topics[0] === STREAMS_TOPIC ? (JSON.parse(data) as ControlEntry) : undefined;
}
