import { createStream } from "../stream/stream.ts";
import { arrivalOf, type Arrival } from "./arrival.ts";
import type { Asking } from "./asking.ts";

const ATTEMPTS = 6;

/** What a short stream brought. */
export interface Brought {
  /** The hub's own frames too, which have no topic. */
  readonly arrivals: readonly Arrival[];
  /** What it brought stands for everything up to here. */
  readonly cursor: string;
}

/**
 * Reads a stream up to `tidings:live`.
 *
 * @param lastEventId the cursor to begin after, or empty
 * @param from where to begin without one
 * @throws ClientError if it is refused. Never settles once its client is closed
 */
export function readToLive(
  asking: Asking,
  topics: readonly string[],
  lastEventId: string,
  from?: string,
): Promise<Brought> {
  return new Promise((resolve, reject) => {
    let arrivals: Arrival[] = [];
    const asked = asking.of(() => topics, from);
    const stream = createStream(
      // Someone waits for it, and what comes meanwhile is kept back.
      { ...asked, lastEventId, retry: { attempts: ATTEMPTS, ...asked.retry } },
      {
        opened() {
          // Cut before it had a cursor: it begins anew.
          if (stream.lastEventId === "") arrivals = [];
        },
        event(event) {
          arrivals.push(arrivalOf(event, event.cursor ?? (event.lastEventId || undefined)));
          if (event.event !== "tidings:live") return;
          resolve({ arrivals, cursor: event.lastEventId });
          stream.close();
        },
        failed(error, retryIn) {
          if (retryIn !== undefined) return;
          if (asked.mistook(error)) stream.open();
          else reject(error);
        },
      },
    );
    stream.open();
  });
}
