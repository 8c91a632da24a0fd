import { spawn } from "node:child_process";
import { join } from "node:path";

/** The folder of the runtime tests: its `node_modules` has the runtimes. */
export const folder = import.meta.dirname;

/** Where a runtime's program is. */
export const installed = (path: string): string => join(folder, "node_modules", path);

/** The runtimes besides the one that the tests run on, and Node 24, which is that. */
export const NODES = [
  { name: "Node 22", program: installed("node-22/bin/node"), version: /^v22\./ },
  { name: "Node 26", program: installed("node-26/bin/node"), version: /^v26\./ },
] as const;

/** Runs a program to its end; answers its exit code and all that it wrote. */
export function finish(
  program: string,
  args: readonly string[],
  signal: AbortSignal,
  cwd: string = folder,
): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env: ownEnvironment(), stdio: ["ignore", "pipe", "pipe"], signal });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (output += text));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, output }));
  });
}

/** What this test run has set for itself is none of the program's business. */
function ownEnvironment(): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(VITEST|NODE_OPTIONS|NODE_ENV|TEST$)/.test(name));
  return Object.fromEntries(inherited);
}
