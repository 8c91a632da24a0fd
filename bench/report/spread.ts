/** Some measurements of one thing: the one in the middle, and how far they lie apart. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Answers the spread of some measurements, or nothing if there is none. */
export function spreadOf(values: readonly number[]): Spread | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const min = sorted.at(0);
  const max = sorted.at(-1);
  const below = sorted[Math.floor((sorted.length - 1) / 2)];
  const above = sorted[Math.ceil((sorted.length - 1) / 2)];
  if (min === undefined || max === undefined || below === undefined || above === undefined) return undefined;
  return { median: (below + above) / 2, min, max };
}

/** Writes a number with about three digits that count: `0.98`, `13.1`, `1,234`. */
export function threeDigits(value: number): string {
  const size = Math.abs(value);
  if (size >= 100) return Math.round(value).toLocaleString("en");
  return value.toFixed(size >= 10 ? 1 : 2);
}

/** Writes the median, and the range behind it if there is one: `1.02 (0.98–1.05)`; a dash for nothing. */
export function spreadText(spread: Spread | undefined): string {
  if (spread === undefined) return "–";
  const [median, min, max] = [spread.median, spread.min, spread.max].map(threeDigits);
  return min === max ? `${median}` : `${median} (${min}–${max})`;
}

/** Writes how many times as much the one is as the other: `13.1 ×`; a dash where one is missing. */
export function ratioText(spread: Spread | undefined, reference: Spread | undefined): string {
  if (spread === undefined || reference === undefined || reference.median <= 0) return "–";
  return `${threeDigits(spread.median / reference.median)} ×`;
}
