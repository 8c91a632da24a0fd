import { availableParallelism } from "node:os";

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

/** More processes than that no machine of today has use for. */
const MOST_WORKERS = 512;

/**
 * How many processes: a whole number, or `auto` for as many as there are cores.
 *
 * @throws InvalidArgumentError if it is something else
 */
export function parseWorkers(text: string): number {
  if (text.trim() === "auto") return availableParallelism();
  const count = /^\d{1,3}$/.test(text.trim()) ? Number(text) : Number.NaN;
  if (count >= 1 && count <= MOST_WORKERS) return count;
  throw new InvalidArgumentError(`It must be a whole number from 1 to ${MOST_WORKERS}, or auto for one on each core.`);
}
