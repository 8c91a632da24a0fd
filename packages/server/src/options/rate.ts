import { InvalidArgumentError } from "commander";

/** Events per second, and how many at once. */
export interface Rate {
  readonly perSecond: number;
  readonly burst?: number;
}

/**
 * A rate: events per second, and after a colon how many at once; `100` or `100:500`.
 *
 * @throws InvalidArgumentError if it is something else
 */
export function parseRate(text: string): Rate {
  const [, events, burst] = /^(\d+(?:\.\d+)?)(?:\/s)?(?::(\d+))?$/.exec(text.trim()) ?? [];
  const perSecond = Number(events);
  const atOnce = burst === undefined ? undefined : Number(burst);
  if (perSecond > 0 && perSecond <= 1e9 && (atOnce === undefined || (atOnce >= 1 && atOnce <= 1e9))) {
    return { perSecond, ...(atOnce === undefined ? {} : { burst: atOnce }) };
  }
  throw new InvalidArgumentError(
    "A rate is a number of events per second, with perhaps how many may come at once: 100, or 100:500.",
  );
}
