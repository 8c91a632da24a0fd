import { existsSync } from "node:fs";
import { opendir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of this package, whether its code runs from `src` or from `dist`. */
export const packageFolder: string = fileURLToPath(new URL("../../", import.meta.url));

/** Where the installation's files are: this package, and the `node_modules` that it is in or uses. */
export function installationFolders(): string[] {
  for (let folder = dirname(packageFolder); folder !== dirname(folder); folder = dirname(folder)) {
    if (basename(folder) === "node_modules") return [packageFolder, folder];
    const modules = join(folder, "node_modules");
    if (existsSync(modules)) return [packageFolder, modules];
  }
  return [packageFolder];
}

/** The files in some folders and in those below them, each once, at most `max`. Links are not followed. */
export async function listFiles(folders: readonly string[], max: number): Promise<string[]> {
  const files = new Set<string>();
  const left = folders.toReversed();
  for (let folder = left.pop(); folder !== undefined; folder = left.pop()) {
    for await (const entry of await opendir(folder)) {
      if (entry.isDirectory()) left.push(join(folder, entry.name));
      else if (entry.isFile()) files.add(join(folder, entry.name));
      if (files.size >= max) return [...files];
    }
  }
  return [...files];
}
