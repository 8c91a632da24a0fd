import { spawn } from "node:child_process";

import { onTestFinished } from "vitest";

/** A program that runs, with all that it starts itself. Ended when the test is over. */
export interface ProcessGroup {
  /** What was written so far, on both outputs. */
  readonly output: string;
  readonly exited: Promise<number | null>;
  /** Resolves when the output has a match; rejects if the program ends without one. */
  until(pattern: RegExp): Promise<RegExpExecArray>;
}

/** Starts a program in a process group of its own, so that what it starts ends with it. */
export function startGroup(
  program: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env?: Readonly<Record<string, string>> },
): ProcessGroup {
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  let over = false;
  const looks = new Set<() => void>();
  const hear = (text: string): void => {
    output += text;
    for (const look of looks) look();
  };
  child.stdout.setEncoding("utf8").on("data", hear);
  child.stderr.setEncoding("utf8").on("data", hear);
  const exited = new Promise<number | null>((resolve) => {
    child.on("error", (error) => hear(`${error.message}\n`));
    child.on("close", (code) => {
      over = true;
      hear("");
      resolve(code);
    });
  });
  onTestFinished(async () => {
    if (!over && child.pid !== undefined) process.kill(-child.pid, "SIGTERM");
    await exited;
  });
  return {
    get output() {
      return output;
    },
    exited,
    until(pattern) {
      return new Promise((resolve, reject) => {
        const look = (): void => {
          const match = pattern.exec(output);
          if (match === null && !over) return;
          looks.delete(look);
          if (match !== null) resolve(match);
          else reject(new Error(`${program} ${args.join(" ")} ended without ${pattern}:\n${output}`));
        };
        looks.add(look);
        look();
      });
    },
  };
}
