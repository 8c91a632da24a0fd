import { execFile } from "node:child_process";
import { promisify } from "node:util";

import { compiled } from "../processes/compile.ts";
import type { Published } from "./log-process/main.ts";

const run = promisify(execFile);
const program = compiled(["write-loop.c", "../load/fail.c"].map((file) => new URL(file, import.meta.url)));

/** Writes groups of events to a file, each with one write and one fdatasync, for some seconds. */
export async function writeLoop(file: string, group: number, bytes: number, seconds: number): Promise<Published> {
  const { stdout } = await run(await program(), [file, group, bytes, seconds].map(String));
  return JSON.parse(stdout) as Published;
}
