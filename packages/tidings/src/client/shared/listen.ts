import type { Delivered, Tidings, TopicOptions } from "../connect/tidings.ts";

/** How a hook or a composable hears a topic. */
export interface ListenOptions<Data = unknown> extends Omit<TopicOptions<Data>, "signal"> {
  /** Events of this name alone. By default all of the topic. */
  readonly event?: string | undefined;
}

/**
 * Hears a topic, all of it or one kind of event. Functions among the options are looked up when they are called, so that
 * those of the newest render are; whether `parse` and `onError` are the client's own is settled here. Answers what ends it.
 *
 * @param anew called where what was made of events before is void, or comes a second time: before `resync`
 */
export function listen<Data>(
  client: Tidings,
  topic: string,
  options: () => ListenOptions<Data>,
  handler: (event: Delivered<Data>) => void,
  anew?: () => void,
): () => void {
  const { event, from, parse, onError } = options();
  const asked: TopicOptions<Data> = {
    ...(from !== undefined && { from }),
    ...(parse !== undefined && { parse: (text, fields) => (options().parse ?? parse)(text, fields) }),
    resync(notice) {
      if (notice.kind === "reset" || from !== undefined) anew?.();
      return options().resync?.(notice);
    },
    ...(onError !== undefined && { onError: (error) => (options().onError ?? onError)(error) }),
  };
  return event === undefined
    ? client.onAny<Data>(topic, handler, asked)
    : client.on(topic, event, (_, delivered) => handler(delivered as Delivered<Data>), asked);
}
