import { execFileSync } from "node:child_process";

const PROGRAM = new URL(import.meta.resolve("@tidings/server/bin/tidings.js")).pathname;

/**
 * Runs `tidings` to its end; answers what it said.
 *
 * @param input what it reads from its standard input
 * @throws Error with what it said of its failure
 */
export function tidings(args: readonly string[], input = ""): string {
  const how = { encoding: "utf8", input, maxBuffer: 1e9, stdio: "pipe" } as const;
  return execFileSync(process.execPath, [PROGRAM, ...args], how);
}
