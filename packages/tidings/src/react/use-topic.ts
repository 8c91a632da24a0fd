import type { Delivered } from "../client/connect/tidings.ts";
import type { ListenOptions } from "../client/shared/listen.ts";
import { useReducedTopic } from "./use-reduced-topic.ts";

/**
 * The newest event of a topic; undefined until one comes, on the server, and after a reset. `from: "last:1"` brings the one
 * that was there before, after a gap again. Events that come faster than renders are passed over: to see each, take `useEvent` or
 * `useReducedTopic`.
 */
export function useTopic<Data = unknown>(
  topic: string | null | undefined,
  options?: ListenOptions<Data>,
): Delivered<Data> | undefined {
  return useReducedTopic<Delivered<Data> | undefined, Data>(topic, newest, undefined, options);
}

function newest<Data>(_: Delivered<Data> | undefined, event: Delivered<Data>): Delivered<Data> {
  return event;
}
