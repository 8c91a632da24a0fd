import { type MaybeRefOrGetter, toValue } from "vue";

import type { Delivered } from "../client/connect/tidings.ts";
import { listen, type ListenOptions } from "../client/shared/listen.ts";
import { type SourceOptions, useSource } from "./source.ts";
import { whileMounted } from "./while-mounted.ts";

/**
 * Calls the handler for every event of a name, each one, as it arrives; until the scope ends or what it answers is called.
 * Nothing is heard without a topic.
 */
export function useEvent<Data = unknown>(
  topic: MaybeRefOrGetter<string | null | undefined>,
  event: MaybeRefOrGetter<string>,
  handler: (data: Data, event: Delivered<Data>) => void,
  options: Omit<ListenOptions<Data>, "event"> & SourceOptions = {},
): () => void {
  const source = useSource(options);
  return whileMounted([topic, event], () => {
    const heard = toValue(topic);
    const name = toValue(event);
    if (typeof heard !== "string") return () => undefined;
    return listen<Data>(
      source.client(),
      heard,
      () => ({ ...options, event: name }),
      (delivered) => handler(delivered.data, delivered),
    );
  });
}
