import { useSyncExternalStore } from "react";

import type { Delivered } from "../client/connect/tidings.ts";
import type { ListenOptions } from "../client/shared/listen.ts";
import { useSource } from "./context.ts";
import { createTopicStore } from "./topic-store.ts";
import { useLatest } from "./use-latest.ts";
import { useMade } from "./use-made.ts";

/**
 * What a reducer makes of a topic's events: called once for each when it arrives, in order, however few renders follow.
 * It begins with `initial` when the component is mounted, when the topic, `event` or `from` changes, after a reset, which
 * begins another history, and with `from` after a gap, because the beginning comes again. Nothing is heard without a topic.
 */
export function useReducedTopic<State, Data = unknown>(
  topic: string | null | undefined,
  reducer: (state: State, event: Delivered<Data>) => State,
  initial: State,
  options: ListenOptions<Data> = {},
): State {
  const source = useSource();
  const { event, from } = options;
  const latest = useLatest({ reducer, options });
  const store = useMade([source, topic, event, from], () => createTopicStore(source, topic, initial, latest));
  return useSyncExternalStore(store.subscribe, store.getSnapshot, store.getServerSnapshot);
}
