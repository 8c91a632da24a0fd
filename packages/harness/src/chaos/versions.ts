import { readFileSync } from "node:fs";

/** What a run was made with, by name. */
export function versions(): Record<string, string> {
  const read = (path: string): string => {
    return (JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8")) as { version: string }).version;
  };
  return {
    node: process.version,
    tidings: read("../../../tidings/package.json"),
    server: read("../../../server/package.json"),
  };
}
