import { execFile } from "node:child_process";
import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const usual = ["-std=c11", "-O2", "-Wall", "-Wextra", "-Werror"];

/**
 * Makes a compiler of C programs, each compiled once for the life of this process and removed at its end: a benchmark must
 * not run what was compiled from another source.
 *
 * @param sources the files of the program
 * @param flags what the compiler is told beyond the usual
 */
export function compiled(sources: readonly URL[], flags: readonly string[] = []): () => Promise<string> {
  let program: Promise<string> | undefined;
  const files = sources.map((source) => fileURLToPath(source));
  return () => (program ??= compile(files, [...usual, ...flags]));
}

async function compile(sources: readonly string[], flags: readonly string[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "tidings-bench-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  const program = join(folder, "program");
  try {
    await run("cc", [...flags, "-o", program, ...sources]);
  } catch (error) {
    throw new Error(`cannot compile ${sources.join(" ")}; Debian's packages gcc and libc6-dev bring a compiler`, {
      cause: error,
    });
  }
  return program;
}
