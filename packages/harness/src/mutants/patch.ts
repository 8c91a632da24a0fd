import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { Mutant } from "./mutant.ts";

/** How often a mutant's text stands in the sources: once, or the mutant is stale. */
export async function occurrences({ file, find }: Mutant, sources: string): Promise<number> {
  const text = await readFile(join(sources, file), "utf8").catch(() => "");
  return text.split(find).length - 1;
}

/** Copies the sources and makes the mutant's change in the copy. */
export async function plant({ file, find, replace }: Mutant, sources: string, copy: string): Promise<void> {
  await cp(sources, copy, { recursive: true });
  const path = join(copy, file);
  await writeFile(
    path,
    (await readFile(path, "utf8")).replace(find, () => replace),
  );
}
