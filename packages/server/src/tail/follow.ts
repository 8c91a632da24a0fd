import { setTimeout as sleep } from "node:timers/promises";

import type { ParsedEvent } from "tidings/wire";

import { connectOnce } from "./connection.ts";
import type { Reconnection } from "./reconnection.ts";

/** What is followed, and who is told. */
export interface FollowOptions {
  readonly url: URL;
  readonly lastEventId: string;
  readonly signal: AbortSignal;
  readonly reconnection: Reconnection;
  onEvent(event: ParsedEvent): void;
  /** Resolves when more events may come. */
  ready(): Promise<void>;
  /** What happens to the connection, as a sentence. */
  onNotice(text: string): void;
}

/**
 * Follows a stream across as many connections as it takes, each resuming after the last id of the one before. Resolves
 * when the signal is aborted or the server says that there is no more.
 *
 * @throws Failure if the server refuses the stream
 */
export async function follow(options: FollowOptions): Promise<void> {
  const { url, signal, reconnection, onNotice } = options;
  let { lastEventId } = options;
  while (!signal.aborted) {
    const ended = await connectOnce({
      url,
      lastEventId,
      signal,
      onOpen: () =>
        onNotice(lastEventId === "" ? `connected to ${url.origin}` : `connected to ${url.origin}, resuming`),
      onEvent(event) {
        reconnection.succeeded();
        options.onEvent(event);
      },
      onRetry: (ms) => reconnection.announced(ms),
      ready: () => options.ready(),
    });
    lastEventId = ended.lastEventId;
    if (signal.aborted) return;
    if (ended.over) {
      onNotice(ended.why);
      return;
    }
    const wait = reconnection.next();
    onNotice(`${ended.why} Trying again in ${(wait / 1_000).toFixed(1)} s.`);
    await sleep(wait, undefined, { signal }).catch(() => undefined);
  }
}
