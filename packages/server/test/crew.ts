import { type RunningHub, startHub } from "./hub.ts";
import { connectRaw, type RawConnection } from "./raw-connection.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** A hub of several workers. */
export interface RunningCrew extends RunningHub {
  /** The process of the worker with this number: of its newest one. */
  pid(worker: number): number;
  /** Resolves when another process than this one is the worker with this number, and listens. */
  replaced(worker: number, pid: number): Promise<number>;
  /** Does something that only one worker can answer: the others stand still meanwhile. */
  at<Answer>(worker: number, act: () => Promise<Answer>): Promise<Answer>;
  /** A connection that is kept to one worker. */
  connectTo(worker: number): Promise<RawConnection>;
}

/** Starts a hub of so many workers on a log of its own. */
export async function startCrew(workers: number, args: readonly string[] = []): Promise<RunningCrew> {
  const log = ["--log", `lmdb:${await temporaryFolder()}`];
  const hub = await startHub(["--workers", String(workers), ...log, ...args]);
  const newest = (worker: number): number | undefined => {
    const lines = hub.stderr.split("\n").filter((line) => line.includes('"worker ready"'));
    const told = lines.map((line) => JSON.parse(line) as { worker: number; pid: number });
    return told.findLast((one) => one.worker === worker)?.pid;
  };
  const pid = (worker: number): number => {
    const found = newest(worker);
    if (found === undefined) throw new Error(`There is no worker ${worker}:\n${hub.stderr}`);
    return found;
  };
  for (let worker = 1; worker <= workers; worker += 1) await hub.until("stderr", ready(worker));

  async function at<Answer>(worker: number, act: () => Promise<Answer>): Promise<Answer> {
    const others = Array.from({ length: workers }, (_, index) => index + 1).filter((other) => other !== worker);
    for (const other of others) process.kill(pid(other), "SIGSTOP");
    try {
      return await act();
    } finally {
      for (const other of others) process.kill(pid(other), "SIGCONT");
    }
  }

  return Object.assign(hub, {
    pid,
    at,
    async replaced(worker: number, before: number) {
      for (;;) {
        const now = pid(worker);
        if (now !== before) return now;
        const seen = hub.stderr.length;
        await hub.until("stderr", new RegExp(`^[^]{${seen}}[^]`));
      }
    },
    connectTo: (worker: number) =>
      at(worker, async () => {
        const connection = connectRaw(hub.port);
        connection.send("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
        await connection.until(/ok$/);
        return connection;
      }),
  });
}

function ready(worker: number): RegExp {
  return new RegExp(`"worker":${worker},.*"worker ready"`);
}
