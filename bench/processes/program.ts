import { type ChildProcess, spawn, type StdioOptions } from "node:child_process";
import { once } from "node:events";
import { pinned } from "./cores.ts";

/** A program that the benchmark started. */
export interface Program {
  readonly process: ChildProcess;
  readonly pid: number;
  /** How it ended, once it has. */
  ended(): string | undefined;
  /** Calls back when it ends, with how. */
  onEnd(listener: (how: string) => void): void;
  /** Ends it at once. Resolves when it is gone. */
  stop(): Promise<void>;
}

const running = new Map<ChildProcess, NodeJS.Signals>();

/** Ends every program that is still running: for the way out, when the benchmark failed or was interrupted. */
export function stopAllPrograms(): void {
  for (const [child, signal] of running) child.kill(signal);
}

/**
 * Starts a program in a process of its own.
 *
 * @param command the program and its arguments
 * @param core the core to keep it on, where the machine has one to give; see {@link pinned}
 * @param stdio what its three streams are, and an IPC channel if need be
 * @param stopSignal what ends it at once; SIGKILL by default, which a program with children of its own would not survive to
 * end them
 */
export function startProgram(
  command: readonly [string, ...string[]],
  core: number | undefined,
  stdio: StdioOptions,
  stopSignal: NodeJS.Signals = "SIGKILL",
): Program {
  const [file, ...args] = pinned(core, command);
  const child = spawn(file, args, { stdio });
  const listeners: ((how: string) => void)[] = [];
  let ended: string | undefined;
  running.set(child, stopSignal);

  const end = (how: string): void => {
    if (ended !== undefined) return;
    running.delete(child);
    ended = `${command.join(" ")} ${how}`;
    for (const listener of listeners) listener(ended);
  };
  child.on("error", (error) => end(`did not run: ${error.message}`));
  child.on("exit", (code, signal) => end(`ended (${signal ?? `exit code ${code}`})`));
  // What is written to a program that has just ended: its end says more.
  child.stdin?.on("error", () => undefined);

  return {
    process: child,
    pid: child.pid ?? 0,
    ended: () => ended,
    onEnd: (listener) => {
      if (ended === undefined) listeners.push(listener);
      else listener(ended);
    },
    stop: async () => {
      if (ended !== undefined) return;
      const gone = once(child, "exit");
      child.kill(stopSignal);
      await gone;
    },
  };
}
