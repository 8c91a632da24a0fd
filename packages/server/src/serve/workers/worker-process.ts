import cluster, { type Worker } from "node:cluster";
import { fileURLToPath } from "node:url";

import type { ServeSettings } from "../settings.ts";
import { type Calls, connectCalls } from "./calls.ts";
import type { Report, SupervisorProcedures, WorkerProcedures } from "./procedures.ts";

const MAIN = fileURLToPath(new URL("./main.js", import.meta.url));

/** How long a worker may take for an answer, in ms. One that takes longer hangs, or is very late. */
const PATIENCE = 1_500;

/** A worker as its supervisor sees it. */
export interface WorkerProcess {
  readonly pid: number | undefined;
  readonly ask: Calls<WorkerProcedures>;
  /** Whether it takes connections. */
  readonly listening: boolean;
  /** What it told last: when it began to listen, or when it was asked. */
  report: Report | undefined;
  /** Resolves when it listens; rejects with the reason if it ends before. */
  readonly started: Promise<Bound>;
  /** Resolves with how it ended. */
  readonly ended: Promise<string>;
  kill(): void;
}

/** Where a worker listens. */
export interface Bound {
  readonly address: string;
  readonly port: number;
}

/** What a supervisor answers to each of its workers alike. */
export type Answers = Omit<SupervisorProcedures, "listening" | "failed" | "change"> & {
  change(
    from: WorkerProcess,
    ...asked: Parameters<SupervisorProcedures["change"]>
  ): ReturnType<SupervisorProcedures["change"]>;
};

/** Starts a worker with a number of its own. */
export function startWorker(number: number, settings: ServeSettings, answers: Answers): WorkerProcess {
  cluster.setupPrimary({ exec: MAIN, args: [String(number), JSON.stringify(settings)] });
  const worker: Worker = cluster.fork();
  let listening = false;
  let failure: string | undefined;
  const started = Promise.withResolvers<Bound>();
  // Whoever waits hears of it; nobody need wait.
  started.promise.catch(() => undefined);
  const ended = new Promise<string>((resolve) => {
    worker.once("exit", (code, signal) => {
      listening = false;
      const how = signal === null ? `code ${code}` : signal;
      started.reject(new Error(failure ?? `Worker ${number} ended with ${how} before it listened.`));
      resolve(failure ?? how);
    });
  });
  // What cannot be started or be told something ends, too.
  worker.on("error", () => undefined);
  const ours: SupervisorProcedures = {
    ...answers,
    change: (asked) => answers.change(made, asked),
    listening({ address, port, report }) {
      listening = true;
      made.report = report;
      started.resolve({ address, port });
    },
    failed(message) {
      failure = message;
    },
  };
  const made: WorkerProcess = {
    pid: worker.process.pid,
    ask: connectCalls<WorkerProcedures>(worker.process, ours, PATIENCE),
    get listening() {
      return listening;
    },
    report: undefined,
    started: started.promise,
    ended,
    kill: () => void worker.process.kill("SIGKILL"),
  };
  return made;
}
