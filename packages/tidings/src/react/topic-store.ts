import type { Delivered } from "../client/connect/tidings.ts";
import type { ClientSource } from "../client/shared/client-source.ts";
import { listen, type ListenOptions } from "../client/shared/listen.ts";

/** What `useSyncExternalStore` asks for. It has one subscriber, the component that made it. */
export interface TopicStore<State> {
  readonly subscribe: (changed: () => void) => () => void;
  readonly getSnapshot: () => State;
  readonly getServerSnapshot: () => State;
}

/** How a topic becomes state, as of the newest render. */
export interface Reduction<State, Data> {
  readonly reducer: (state: State, event: Delivered<Data>) => State;
  readonly options: ListenOptions<Data>;
}

/** The state that a topic's events make. */
export function createTopicStore<State, Data>(
  source: ClientSource,
  topic: string | null | undefined,
  initial: State,
  latest: { readonly current: Reduction<State, Data> },
): TopicStore<State> {
  let state = initial;
  return {
    subscribe(changed) {
      const become = (next: State): void => {
        state = next;
        changed();
      };
      // Heard anew, so reduced anew: what came since it was last heard is not known.
      state = initial;
      if (typeof topic !== "string") return () => undefined;
      return listen<Data>(
        source.client(),
        topic,
        () => latest.current.options,
        (event) => become(latest.current.reducer(state, event)),
        () => become(initial),
      );
    },
    getSnapshot: () => state,
    getServerSnapshot: () => initial,
  };
}
