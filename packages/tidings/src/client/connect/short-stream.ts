import type { ParsedEvent } from "../../wire/parser.ts";
import { createStream } from "../stream/stream.ts";
import type { Asking } from "./asking.ts";
import type { StreamSettings } from "./settings.ts";

/** What a short stream brought. */
export interface Brought {
  /** What was published, and gaps and resets. */
  readonly events: readonly ParsedEvent[];
  /** What it brought stands for everything up to here. */
  readonly cursor: string;
  /** It has a gap or a reset. */
  readonly broken: boolean;
}

/**
 * Reads a stream up to `tidings:live`.
 *
 * @param after the cursor to begin after; or `from`, where to begin without one
 * @throws ClientError if it is refused, and the signal's reason
 */
export function readToLive(
  asking: Asking,
  settings: StreamSettings,
  topics: readonly string[],
  { after = "", from }: { readonly after?: string; readonly from?: string | undefined },
  signal: AbortSignal,
): Promise<Brought> {
  const { promise, resolve, reject } = Promise.withResolvers<Brought>();
  let events: ParsedEvent[] = [];
  let broken = false;
  const stream = createStream(
    { ...settings(), ...asking.of(() => topics, from), lastEventId: after },
    {
      opened() {
        // Cut before it had a cursor: it begins anew.
        if (stream.lastEventId !== "") return;
        events = [];
        broken = false;
      },
      event(event) {
        if (event.event === "tidings:live") {
          resolve({ events, cursor: event.lastEventId, broken });
          stream.close();
          return;
        }
        const isNotice = /^tidings:(gap|reset)$/.test(event.event);
        broken ||= isNotice;
        if (isNotice || !event.event.startsWith("tidings:")) events.push(event);
      },
      failed(error, retryIn) {
        if (retryIn !== undefined) return;
        if (asking.mistook(error)) stream.open();
        else reject(error);
      },
    },
  );
  const abort = (): void => {
    reject(signal.reason);
    stream.close();
  };
  signal.addEventListener("abort", abort);
  if (signal.aborted) abort();
  else stream.open();
  return promise.finally(() => signal.removeEventListener("abort", abort));
}
