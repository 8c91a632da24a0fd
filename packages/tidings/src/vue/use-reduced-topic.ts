import { type MaybeRefOrGetter, type ShallowRef, shallowRef, toValue } from "vue";

import type { Delivered } from "../client/connect/tidings.ts";
import { listen, type ListenOptions } from "../client/shared/listen.ts";
import { type SourceOptions, useSource } from "./source.ts";
import { whileMounted } from "./while-mounted.ts";

/**
 * What a reducer makes of a topic's events: called once for each when it arrives, in order. It begins with `initial` when
 * the component is mounted, when the topic changes, after a reset, which begins another history, and with `from` after a
 * gap, because the beginning comes again. Nothing is heard without a topic.
 */
export function useReducedTopic<State, Data = unknown>(
  topic: MaybeRefOrGetter<string | null | undefined>,
  reducer: (state: State, event: Delivered<Data>) => State,
  initial: State,
  options: ListenOptions<Data> & SourceOptions = {},
): Readonly<ShallowRef<State>> {
  const source = useSource(options);
  const state = shallowRef(initial) as ShallowRef<State>;
  whileMounted([topic], () => {
    const heard = toValue(topic);
    state.value = initial;
    if (typeof heard !== "string") return () => undefined;
    return listen<Data>(
      source.client(),
      heard,
      () => options,
      (event) => {
        state.value = reducer(state.value, event);
      },
      () => {
        state.value = initial;
      },
    );
  });
  return state;
}
