import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Answer, AnswerMessage, Argument } from "./calls.ts";
import { pinned } from "./cores.ts";

/** A child process of the benchmark, and the calls that it answers. */
export interface Child<C> {
  readonly pid: number;
  /** Calls the child. Rejects when it answers with an error, ends, or takes longer than `timeoutMs` (default 30 s). */
  call<Name extends keyof C & string>(
    name: Name,
    argument: Argument<C, Name>,
    timeoutMs?: number,
  ): Promise<Answer<C, Name>>;
  /** Ends the child at once. Resolves when it is gone. */
  stop(): Promise<void>;
}

const running = new Set<ChildProcess>();

/** Ends every child that is still running: for the way out, when the benchmark failed or was interrupted. */
export function stopAllChildren(): void {
  for (const child of running) child.kill("SIGKILL");
}

/**
 * Starts a program of the benchmark in a process of its own.
 *
 * @param program the file to run
 * @param args its arguments
 * @param core the core to keep it on, where the machine has one to give; see {@link pinned}
 */
export function startChild<C>(program: URL, args: readonly string[], core: number | undefined): Child<C> {
  const [command, ...rest] = pinned(core, [process.execPath, "--expose-gc", fileURLToPath(program), ...args]);
  const child = spawn(command, rest, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const waiting = new Map<number, (answer: AnswerMessage) => void>();
  let calls = 0;
  let ended: string | undefined;
  running.add(child);

  const end = (how: string): void => {
    running.delete(child);
    ended ??= `${fileURLToPath(program)} ${args.join(" ")} ${how}`;
    for (const [call, settle] of waiting) settle({ call, error: ended });
  };
  child.on("error", (error) => end(`did not run: ${error.message}`));
  child.on("exit", (code, signal) => end(`ended (${signal ?? `exit code ${code}`})`));
  child.on("message", (message) => {
    const answer = message as AnswerMessage;
    waiting.get(answer.call)?.(answer);
  });

  return {
    pid: child.pid ?? 0,
    call: async (name, argument, timeoutMs = 30_000) => {
      if (ended !== undefined) throw new Error(ended);
      const call = calls++;
      const { promise, resolve } = Promise.withResolvers<AnswerMessage>();
      const late = setTimeout(
        () => resolve({ call, error: `No answer to ${name} within ${timeoutMs} ms.` }),
        timeoutMs,
      );
      waiting.set(call, resolve);
      child.send({ call, name, argument });
      const answer = await promise;
      clearTimeout(late);
      waiting.delete(call);
      if (answer.error !== undefined) throw new Error(answer.error);
      return answer.value as never;
    },
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null || ended !== undefined) return;
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
    },
  };
}
