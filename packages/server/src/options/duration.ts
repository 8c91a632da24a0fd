import { InvalidArgumentError } from "commander";

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
// The longest that a timer of Node can wait is 2^31 - 1 ms; a longer one fires at once.
const LONGEST_TIMER = 2 ** 31 - 1;

/** What a duration may be, in milliseconds. */
export interface DurationBounds {
  readonly least: number;
  readonly most: number;
  /** The bounds in words, for the error. */
  readonly words: string;
}

/** For a time that is waited for. */
export const WAITED: DurationBounds = { least: 0, most: LONGEST_TIMER, words: "up to 24 days" };

/** As `durationParser`, and `off`, which is answered as `false`. */
export function offOr(parse: (text: string) => number): (text: string) => number | false {
  return (text) => (text.trim() === "off" ? false : parse(text));
}

/**
 * A parser for a duration with a unit, such as `500ms`, `15s`, `5m`, `1h` or `7d`; answers milliseconds.
 * It throws InvalidArgumentError for anything else, and for what is out of bounds.
 */
export function durationParser(bounds: DurationBounds): (text: string) => number {
  return (text) => {
    const parts = /^(\d+(?:\.\d+)?) ?(ms|s|m|h|d)$/.exec(text.trim());
    const unit = UNITS[parts?.[2] ?? ""];
    const ms = parts === null || unit === undefined ? Number.NaN : Number(parts[1]) * unit;
    if (ms >= bounds.least && ms <= bounds.most) return ms;
    throw new InvalidArgumentError(
      `A duration is a number with a unit (ms, s, m, h or d), such as 15s or 1h; here ${bounds.words}.`,
    );
  };
}
