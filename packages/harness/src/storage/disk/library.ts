import { compiled } from "../../../../../bench/processes/compile.ts";

/** The library in C that stands between a process and its disk, compiled once for the life of this process. */
export const diskLibrary: () => Promise<string> = compiled(
  ["calls.c", "journal.c", "troubles.c"].map((file) => new URL(file, import.meta.url)),
  ["-shared", "-fPIC"],
);
