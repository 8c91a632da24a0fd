/** What a process can be asked by another: each takes one argument, and answers. Both must be fit for JSON. */
export type Procedures = Readonly<Record<string, (argument: never) => unknown>>;

/** One end of the channel between a worker and its supervisor. */
export interface Channel {
  send?(message: unknown, callback: (error: Error | null) => void): boolean;
  on(event: "message", listener: (message: unknown) => void): unknown;
}

/**
 * Asks the process at the other end.
 *
 * @throws Error (rejects) if it is gone, does not answer in time, or could not do it
 */
export type Calls<Theirs extends Procedures> = <Name extends keyof Theirs & string>(
  name: Name,
  ...argument: Parameters<Theirs[Name]>
) => Promise<Awaited<ReturnType<Theirs[Name]>>>;

interface Question {
  readonly ask: number;
  readonly name: string;
  readonly argument?: unknown;
}

interface Answer {
  readonly answer: number;
  readonly value?: unknown;
  readonly error?: string;
}

/**
 * Asks and answers on a channel.
 *
 * @param patience how long an answer may take, in ms
 */
export function connectCalls<Theirs extends Procedures>(
  channel: Channel,
  ours: Procedures,
  patience: number,
): Calls<Theirs> {
  const waiting = new Map<number, (answer: Answer) => void>();
  let asked = 0;

  function send(message: Question | Answer, failed: (error: Error) => void): void {
    channel.send?.(message, (error) => {
      if (error !== null && error !== undefined) failed(error);
    });
  }

  async function answer({ ask, name, argument }: Question): Promise<void> {
    // Who asked and is gone needs no answer.
    const reply = (told: Answer): void => send(told, () => undefined);
    try {
      const procedure = ours[name] as ((argument: unknown) => unknown) | undefined;
      if (procedure === undefined) throw new Error(`nothing here is called ${name}`);
      reply({ answer: ask, value: await procedure(argument) });
    } catch (error) {
      reply({ answer: ask, error: error instanceof Error ? error.message : String(error) });
    }
  }

  channel.on("message", (message) => {
    if (isQuestion(message)) void answer(message);
    else if (isAnswer(message)) waiting.get(message.answer)?.(message);
  });

  return (name, ...[argument]) =>
    new Promise((resolve, reject) => {
      const ask = (asked += 1);
      const settle = (): void => {
        waiting.delete(ask);
        clearTimeout(timer);
      };
      const fail = (reason: string): void => {
        settle();
        reject(new Error(reason));
      };
      const timer = setTimeout(() => fail(`no answer to ${name} in ${patience / 1_000} s`), patience).unref();
      waiting.set(ask, ({ value, error }) => {
        if (error !== undefined) return fail(error);
        settle();
        resolve(value as never);
      });
      send({ ask, name, argument }, ({ message }) => fail(message));
    });
}

function isQuestion(message: unknown): message is Question {
  return typeof message === "object" && message !== null && "ask" in message;
}

function isAnswer(message: unknown): message is Answer {
  return typeof message === "object" && message !== null && "answer" in message;
}
