import { InvalidArgumentError } from "commander";

/**
 * A whole number of proxies in a row: 0 to 32.
 *
 * @throws InvalidArgumentError if it is something else
 */
export function parseProxies(text: string): number {
  const count = /^\d{1,2}$/.test(text.trim()) ? Number(text) : Number.NaN;
  if (count <= 32) return count;
  throw new InvalidArgumentError("It must be a whole number from 0 to 32: how many proxies a request comes through.");
}

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
