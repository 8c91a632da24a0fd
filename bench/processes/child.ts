import { fileURLToPath } from "node:url";
import type { Answer, AnswerMessage, Argument } from "./calls.ts";
import { startProgram } from "./program.ts";

/** A Node process of the benchmark, and the calls that it answers. */
export interface Child<C> {
  readonly pid: number;
  /** What it writes to its standard output, line by line. */
  readonly output: NodeJS.ReadableStream | null;
  /** Calls the child. Rejects when it answers with an error, ends, or takes longer than `timeoutMs` (default 30 s). */
  call<Name extends keyof C & string>(
    name: Name,
    argument: Argument<C, Name>,
    timeoutMs?: number,
  ): Promise<Answer<C, Name>>;
  /** Ends the child at once. Resolves when it is gone. */
  stop(): Promise<void>;
}

/** How to start a Node process. */
export interface ChildOptions {
  /** The file to run. */
  readonly program: URL;
  readonly args: readonly string[];
  /** Arguments for Node itself. */
  readonly nodeArgs?: readonly string[];
  /** The core to keep it on, where the machine has one to give. */
  readonly core: number | undefined;
}

/** Starts a Node program that answers calls (`answerCalls`), with `gc` exposed to it. */
export function startChild<C>({ program, args, nodeArgs = [], core }: ChildOptions): Child<C> {
  const started = startProgram([process.execPath, "--expose-gc", ...nodeArgs, fileURLToPath(program), ...args], core, [
    "ignore",
    "pipe",
    "inherit",
    "ipc",
  ]);
  const waiting = new Map<number, (answer: AnswerMessage) => void>();
  let calls = 0;

  started.onEnd((how) => {
    for (const [call, settle] of waiting) settle({ call, error: how });
  });
  started.process.on("message", (message) => {
    const answer = message as AnswerMessage;
    waiting.get(answer.call)?.(answer);
  });

  return {
    pid: started.pid,
    output: started.process.stdout,
    call: async (name, argument, timeoutMs = 30_000) => {
      const ended = started.ended();
      if (ended !== undefined) throw new Error(ended);
      const call = calls++;
      const { promise, resolve } = Promise.withResolvers<AnswerMessage>();
      const late = setTimeout(
        () => resolve({ call, error: `No answer to ${name} within ${timeoutMs} ms.` }),
        timeoutMs,
      );
      waiting.set(call, resolve);
      started.process.send({ call, name, argument });
      const answer = await promise;
      clearTimeout(late);
      waiting.delete(call);
      if (answer.error !== undefined) throw new Error(answer.error);
      return answer.value as never;
    },
    stop: () => started.stop(),
  };
}
