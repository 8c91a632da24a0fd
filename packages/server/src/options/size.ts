import { InvalidArgumentError } from "commander";

const UNITS: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
};

/**
 * A size in bytes: `64MiB` (of 1,024), `1GB` (of 1,000), or a plain number of bytes.
 *
 * @throws InvalidArgumentError if it is something else, or not at least one byte
 */
export function parseSize(text: string): number {
  const parts = /^(\d+(?:\.\d+)?) ?([a-z]*)$/i.exec(text.trim());
  const unit = UNITS[(parts?.[2] ?? "").toLowerCase() || "b"];
  const bytes = parts === null || unit === undefined ? Number.NaN : Math.floor(Number(parts[1]) * unit);
  if (Number.isSafeInteger(bytes) && bytes >= 1) return bytes;
  throw new InvalidArgumentError("A size is a number of bytes, or one with a unit such as 512KiB, 64MiB or 1GB.");
}
