import { createDataWriter, monotonicMicros } from "../event-data.ts";
import type { Offer, Published } from "../sides/side.ts";

/** A publisher that runs inside a server process. */
export interface Publisher {
  /** Stops, and tells what was published once everything due has been. */
  stop(): Promise<Published>;
}

/**
 * Publishes at a rate until it is stopped, inside the server's process, the same for every side. The schedule is kept
 * against the clock: what is late is made up for on the next turn of the event loop. Up to a tenth of a second's worth
 * of events can be late; a server that is busier than that is not offered the rest, and they count as dropped.
 *
 * Each event has a callback of its own, as if each came in by a request of its own: what a side puts off to the end of
 * its callback (Node joins the writes made within one) does not reach over two events.
 */
export function startPublisher(
  publish: (sequence: number, data: string) => void | Promise<unknown>,
  { rate, bytes }: Offer,
): Publisher {
  const write = createDataWriter(bytes);
  const maxLate = Math.max(1, Math.ceil(rate / 10));
  const startedAt = monotonicMicros();
  let events = 0;
  let queued = 0;
  let dropped = 0;
  let failed = 0;
  let timer: NodeJS.Timeout | undefined;

  const publishOne = (): void => {
    queued--;
    const done = publish(events, write(events, monotonicMicros()));
    events++;
    done?.catch(() => failed++);
  };

  const turn = (): void => {
    const elapsed = monotonicMicros() - startedAt;
    let due = Math.floor((elapsed * rate) / 1_000_000) - (events + queued + dropped);
    if (due > maxLate) {
      dropped += due - maxLate;
      due = maxLate;
    }
    for (; due > 0; due--) {
      queued++;
      setImmediate(publishOne);
    }
    const nextAt = ((events + queued + dropped + 1) * 1_000_000) / rate;
    timer = setTimeout(turn, Math.max(1, (nextAt - elapsed) / 1000));
  };
  turn();

  return {
    stop: async () => {
      clearTimeout(timer);
      // Callbacks of this kind run in the order in which they were asked for: after this one no other is left.
      await new Promise(setImmediate);
      return { events, dropped, failed };
    },
  };
}
