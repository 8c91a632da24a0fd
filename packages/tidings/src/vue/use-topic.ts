import { computed, type ComputedRef, type MaybeRefOrGetter, type ShallowRef } from "vue";

import type { Delivered } from "../client/connect/tidings.ts";
import type { ListenOptions } from "../client/shared/listen.ts";
import type { SourceOptions } from "./source.ts";
import { useReducedTopic } from "./use-reduced-topic.ts";

/** The newest event of a topic, and its data. */
export interface UseTopicReturn<Data> {
  readonly event: Readonly<ShallowRef<Delivered<Data> | undefined>>;
  /** `event.value?.data`. Two events in a row with the same text or number are one change of it, and two of `event`. */
  readonly data: ComputedRef<Data | undefined>;
}

/**
 * The newest event of a topic; undefined until one comes, on the server, and after a reset. `from: "last:1"` brings the one
 * that was there before, after a gap again. Watchers see a burst as one change: to see each event, take `useEvent` or `useReducedTopic`.
 */
export function useTopic<Data = unknown>(
  topic: MaybeRefOrGetter<string | null | undefined>,
  options?: ListenOptions<Data> & SourceOptions,
): UseTopicReturn<Data> {
  const event = useReducedTopic<Delivered<Data> | undefined, Data>(topic, newest, undefined, options);
  return { event, data: computed(() => event.value?.data) };
}

function newest<Data>(_: Delivered<Data> | undefined, event: Delivered<Data>): Delivered<Data> {
  return event;
}
