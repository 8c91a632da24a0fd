import type { ChildProcess } from "node:child_process";

/** What one process can ask another to do. What goes in and out is JSON. */
export type Calls = Record<string, (...args: never[]) => unknown>;

/** The same, from the other process. */
export type Remote<Some extends Calls> = {
  readonly [Name in keyof Some]: (...args: Parameters<Some[Name]>) => Promise<Awaited<ReturnType<Some[Name]>>>;
};

interface Call {
  readonly id: number;
  readonly name: string;
  readonly args: never[];
}

interface Answer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}

/** Answers the calls of the process that started this one, and ends with it. */
export function answerCalls(calls: Calls): void {
  process.on("disconnect", () => process.exit());
  process.on("message", async ({ id, name, args }: Call) => {
    try {
      process.send?.({ id, value: await calls[name]?.(...args) });
    } catch (error) {
      process.send?.({ id, error: String(error) });
    }
  });
}

/** Calls a process that answers calls. */
export function callsOf<Some extends Calls>(child: ChildProcess): Remote<Some> {
  let last = 0;
  const waiting = new Map<number, (answer: Answer) => void>();
  child.on("message", (answer: Answer) => {
    waiting.get(answer.id)?.(answer);
    waiting.delete(answer.id);
  });
  child.on("exit", () => {
    for (const [id, settle] of waiting) settle({ id, error: "The process has ended" });
  });
  const call = (name: string, args: unknown[]): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const id = ++last;
      waiting.set(id, ({ value, error }) => (error === undefined ? resolve(value) : reject(new Error(error))));
      child.send({ id, name, args });
    });
  return new Proxy({} as Remote<Some>, {
    get: (_, name) => (name === "then" ? undefined : (...args: unknown[]) => call(String(name), args)),
  });
}
