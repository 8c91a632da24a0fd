import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

import { onTestFinished } from "vitest";

const MAIN = fileURLToPath(new URL("../dist/main.js", import.meta.url));

/** How a command is started. */
export interface CommandOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string | Uint8Array;
  /** The working directory. */
  readonly cwd?: string;
  /** Arguments for Node itself. */
  readonly node?: readonly string[];
}

/** A `tidings` process that runs. It is ended when the test is over. */
export interface Running {
  readonly stdout: string;
  readonly stderr: string;
  /** Resolves with the exit code, or with the signal that ended it, when all output has come. */
  readonly exited: Promise<number | NodeJS.Signals>;
  /** Resolves when the output so far has a match; rejects if the process ends without one. */
  until(output: "stdout" | "stderr", pattern: RegExp): Promise<RegExpExecArray>;
  kill(signal: NodeJS.Signals): void;
  /** Nobody reads its standard output any more. */
  hangUp(): void;
}

/** The end of a command, and what it has written. */
export interface Finished {
  readonly code: number | NodeJS.Signals;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts `tidings` with these arguments, as a process of its own, with no TIDINGS_ variable but those given. */
export function start(args: readonly string[], { env = {}, input, cwd, node = [] }: CommandOptions = {}): Running {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !name.startsWith("TIDINGS_") && name !== "NODE_OPTIONS",
  );
  const child = spawn(process.execPath, [...node, MAIN, ...args], {
    cwd,
    env: { ...Object.fromEntries(inherited), ...env },
  });
  const written = { stdout: "", stderr: "" };
  const waiting = new Set<() => void>();
  const wake = (): void => waiting.forEach((look) => look());
  for (const output of ["stdout", "stderr"] as const) {
    child[output].setEncoding("utf8").on("data", (text: string) => {
      written[output] += text;
      wake();
    });
  }
  let over = false;
  const exited = new Promise<number | NodeJS.Signals>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      over = true;
      wake();
      resolve(code ?? signal ?? "SIGKILL");
    });
  });
  give(child, input);
  onTestFinished(async () => {
    if (!over) child.kill("SIGKILL");
    await exited;
  });

  return {
    get stdout() {
      return written.stdout;
    },
    get stderr() {
      return written.stderr;
    },
    exited,
    until(output, pattern) {
      return new Promise((resolve, reject) => {
        const look = (): void => {
          const match = pattern.exec(written[output]);
          if (match === null && !over) return;
          waiting.delete(look);
          if (match !== null) resolve(match);
          else reject(new Error(`It ended without ${pattern} on ${output}:\n${written.stdout}\n${written.stderr}`));
        };
        waiting.add(look);
        look();
      });
    },
    kill(signal) {
      child.kill(signal);
    },
    hangUp() {
      child.stdout.destroy();
    },
  };
}

/** Runs `tidings` with these arguments to its end. */
export async function run(args: readonly string[], options?: CommandOptions): Promise<Finished> {
  const running = start(args, options);
  const code = await running.exited;
  return { code, stdout: running.stdout, stderr: running.stderr };
}

function give(child: ChildProcessWithoutNullStreams, input: string | Uint8Array = ""): void {
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);
}
