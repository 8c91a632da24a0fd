import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";

/** What a program of the harness has said, and how it ended. */
export interface Said {
  readonly code: number;
  readonly output: string;
}

/** Runs a program of the harness to its end, as npm would. */
export function runProgram(path: string, ...args: string[]): Promise<Said> {
  const program = fileURLToPath(new URL(`../src/${path}`, import.meta.url));
  return new Promise((resolve) => {
    const env = { ...process.env, NODE_OPTIONS: "" };
    execFile(process.execPath, [program, ...args], { env, maxBuffer: 1e8 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), output: stdout + stderr });
    });
  });
}
