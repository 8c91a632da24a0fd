/** What a child process answers: one function for each call, its argument and its result sent as JSON. */
export type Calls = Record<string, (argument: never) => unknown>;

/** A call on its way to a child process. */
interface CallMessage {
  readonly call: number;
  readonly name: string;
  readonly argument: unknown;
}

/** What comes back: a value, or the text of an error. */
export interface AnswerMessage {
  readonly call: number;
  readonly value?: unknown;
  readonly error?: string;
}

/** The argument that a call takes. */
export type Argument<C, Name extends keyof C> = C[Name] extends (argument: infer A) => unknown ? A : never;

/** What a call answers, once it is settled. */
export type Answer<C, Name extends keyof C> = C[Name] extends (argument: never) => infer R ? Awaited<R> : never;

/**
 * Answers the parent's calls over the IPC channel. The process ends when the channel closes, so that a child never
 * outlives the program that started it.
 */
export function answerCalls(calls: Calls): void {
  process.on("disconnect", () => process.exit(0));
  process.on("message", (message) => {
    void answer(calls, message as CallMessage).then((reply) => process.send?.(reply));
  });
}

async function answer(calls: Calls, { call, name, argument }: CallMessage): Promise<AnswerMessage> {
  try {
    const run = calls[name];
    if (run === undefined) throw new Error(`There is no call named ${name}.`);
    return { call, value: await run(argument as never) };
  } catch (error) {
    return { call, error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}
