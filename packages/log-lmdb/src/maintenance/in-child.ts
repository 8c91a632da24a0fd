import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { LogError } from "./log-error.ts";
import type { Verified } from "./verify.ts";
import type { Working } from "./working.ts";

/** What is done in a process of its own: what is damaged in its structure may kill whoever reads it. */
export interface ChildWork {
  /** Looks at every entry and the index. */
  verify: Verified;
  /** Looks at the ends and at the newest entries. */
  tail: { readonly damaged: number };
  /** Copies the log without what is free in it. */
  copy: { readonly bytes: number };
}

/** What the child tells. */
export type ChildMessage =
  | { readonly kind: "progress"; readonly events: number; readonly total: number }
  | { readonly kind: "done"; readonly result: ChildWork[keyof ChildWork] }
  | { readonly kind: "failed"; readonly message: string };

/** How work in a child ended that did not end well. */
export class ChildFailure extends LogError {
  /** How far it had come, in events. */
  readonly events: number;

  constructor(message: string, events: number) {
    super("log-damaged", message);
    this.events = events;
  }
}

/**
 * Does work on a log in a process of its own.
 *
 * @param target with `copy`, where to
 * @throws ChildFailure if the process died, or could not read the log
 */
export async function inChild<Work extends keyof ChildWork>(
  work: Work,
  path: string,
  { onProgress, signal }: Working = {},
  target = "",
): Promise<ChildWork[Work]> {
  signal?.throwIfAborted();
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  const program = fileURLToPath(new URL(`./child.${extension}`, import.meta.url));
  // What this process was started with is not for the child.
  const child = fork(program, [work, path, target], { execArgv: [], stdio: ["ignore", "ignore", "ignore", "ipc"] });
  const stop = (): void => void child.kill("SIGKILL");
  signal?.addEventListener("abort", stop);
  let events = 0;
  let last: ChildMessage | undefined;
  child.on("message", (message: ChildMessage) => {
    last = message;
    if (message.kind !== "progress") return;
    events = message.events;
    onProgress?.({ events, total: message.total });
  });
  try {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    child.once("error", reject);
    child.once("exit", (code, killed) => resolve(killed ?? `${code}`));
    const ended = await promise;
    signal?.throwIfAborted();
    if (last?.kind === "done") return last.result as ChildWork[Work];
    const how = last?.kind === "failed" ? last.message : `The process that read it was ended by ${ended}`;
    throw new ChildFailure(how, events);
  } finally {
    signal?.removeEventListener("abort", stop);
  }
}
