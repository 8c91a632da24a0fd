import { useEffect } from "react";

import type { Delivered } from "../client/connect/tidings.ts";
import { listen, type ListenOptions } from "../client/shared/listen.ts";
import { useSource } from "./context.ts";
import { useLatest } from "./use-latest.ts";

/**
 * Calls the handler of the newest render for every event of a name, each one, however many come between two renders.
 * Causes no render. Nothing is heard without a topic.
 */
export function useEvent<Data = unknown>(
  topic: string | null | undefined,
  event: string,
  handler: (data: Data, event: Delivered<Data>) => void,
  options: Omit<ListenOptions<Data>, "event"> = {},
): void {
  const source = useSource();
  const latest = useLatest({ handler, options: { ...options, event } });
  const { from } = options;
  useEffect(() => {
    if (typeof topic !== "string") return undefined;
    return listen<Data>(
      source.client(),
      topic,
      () => latest.current.options,
      (delivered) => latest.current.handler(delivered.data, delivered),
    );
  }, [source, topic, event, from, latest]);
}
