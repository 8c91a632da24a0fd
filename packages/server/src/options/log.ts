import { InvalidArgumentError } from "commander";

/** Where a log is kept: in the memory of the process, or in a folder of this machine. */
export type LogPlace = { readonly kind: "memory" } | { readonly kind: "lmdb"; readonly path: string };

/** Where a log is that nobody has said anything about: in the working directory. */
export const DEFAULT_FOLDER = ".tidings";

/**
 * A log: `memory`, or `lmdb:` and a folder.
 *
 * @throws InvalidArgumentError if it is something else
 */
export function parseLog(text: string): LogPlace {
  const place = text.trim();
  if (place === "memory") return { kind: "memory" };
  const [, path] = /^lmdb:(.+)$/.exec(place) ?? [];
  if (path !== undefined) return { kind: "lmdb", path };
  throw new InvalidArgumentError(`A log is memory, or lmdb: and its folder, such as lmdb:${DEFAULT_FOLDER}.`);
}
