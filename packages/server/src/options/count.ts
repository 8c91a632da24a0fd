import { InvalidArgumentError } from "commander";

/**
 * A whole number of one or more.
 *
 * @throws InvalidArgumentError if it is something else
 */
export function parseCount(text: string): number {
  const count = /^\d+$/.test(text.trim()) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(count) && count >= 1) return count;
  throw new InvalidArgumentError("It must be a whole number of 1 or more, such as 100000.");
}
