import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { compiled } from "../../processes/compile.ts";
import { startProgram } from "../../processes/program.ts";
import type { GroupReport, StreamReport } from "./report.ts";

/** Streams that are opened together and are told together what to do. */
interface GroupRequest {
  readonly port: number;
  /** Path and query. */
  readonly path: string;
  readonly count: number;
  /** Not to read from `tidings:live` on. */
  readonly paused?: boolean;
  /** Whether every frame is kept, to be asked for by `traces`. */
  readonly traced?: boolean;
  /** Of every how many events one is theirs, and which. All by default. */
  readonly step?: number;
  readonly phase?: number;
  /**
   * The first event's number, or -2 where only that event will tell. By default the cursors tell it: then the source has
   * to be the hub's only publisher.
   */
  readonly first?: number;
  /** The cursor that they come with. */
  readonly last?: string;
  /** How many are on their way to `tidings:live` at a time. 200 by default. */
  readonly opening?: number;
  /** The socket's receive buffer in bytes. By default the system grows it. */
  readonly receive?: number;
  /** Opened evenly over so many milliseconds. At once by default. */
  readonly over?: number;
}

/** A process of clients. */
export interface Fleet {
  readonly pid: number;
  open(group: string, request: GroupRequest): Promise<void>;
  /** They read no more, or again. */
  pause(group: string): Promise<void>;
  resume(group: string): Promise<void>;
  /** All close: by a reset, or in order. */
  cut(group: string, how?: "reset" | "close"): Promise<void>;
  /** Those that are closed come back with their cursor, evenly over some milliseconds. */
  reconnect(group: string, over?: number): Promise<void>;
  /** Latencies and silences are measured anew from here on, and the way to live from the next cut or connecting. */
  measure(group: string): Promise<void>;
  report(group: string): Promise<GroupReport>;
  streams(group: string): Promise<StreamReport[]>;
  /** What every stream was sent, frame by frame: event, topic, id, data. */
  traces(group: string): Promise<string[][][]>;
  /** Processor time so far, in seconds. */
  usage(): Promise<number>;
  /** Waits until a report is as it should be, and answers it as it is when that is so or the time is over. */
  until(group: string, condition: (report: GroupReport) => boolean, timeoutMs: number): Promise<GroupReport>;
  stop(): Promise<void>;
}

const sources = ["main.c", "stream.c", "account.c", "frame.c", "latency.c"].map(
  (name) => new URL(name, import.meta.url),
);
const program = compiled(sources);

/** How a process of clients is to be run. */
export interface FleetOptions {
  /** Gives way to others: clients whose work is not to be part of what other clients on the same core are measured by. */
  readonly background?: boolean;
}

/** Starts a process of clients on a core. */
export async function startFleet(core: number | undefined, { background = false }: FleetOptions): Promise<Fleet> {
  const file = await program();
  const started = startProgram(background ? ["nice", "-n", "15", file] : [file], core, ["pipe", "pipe", "inherit"]);
  const { stdin, stdout } = started.process;
  if (stdout === null) throw new Error("The process of clients has no standard output.");
  const answers: ((line: string | undefined) => void)[] = [];
  createInterface({ input: stdout }).on("line", (line) => answers.shift()?.(line));
  started.onEnd(() => {
    for (const answer of answers.splice(0)) answer(undefined);
  });

  async function ask<Answer>(command: string, words: Readonly<Record<string, unknown>> = {}): Promise<Answer> {
    if (started.ended() !== undefined) throw new Error(started.ended());
    const text = Object.entries(words).map(([name, value]) => ` ${name}=${wordOf(value)}`);
    const line = await new Promise<string | undefined>((resolve) => {
      answers.push(resolve);
      stdin?.write(`${command}${text.join("")}\n`);
    });
    if (line === undefined) throw new Error(`The process of clients ended at ${command}.`);
    const answer = JSON.parse(line) as Answer & { readonly error?: string };
    if (answer.error !== undefined) throw new Error(`${command}: ${answer.error}`);
    return answer;
  }

  const report = (group: string): Promise<GroupReport> => ask("report", { group });
  return {
    pid: started.pid,
    open: (group, request) => ask("open", { group, ...request }),
    pause: (group) => ask("pause", { group }),
    resume: (group) => ask("resume", { group }),
    cut: (group, how = "reset") => ask("cut", { group, reset: how === "reset" }),
    reconnect: (group, over = 0) => ask("reconnect", { group, over }),
    measure: (group) => ask("measure", { group }),
    report,
    streams: (group) => ask("streams", { group }),
    traces: async (group) => {
      const traces = await ask<string[]>("traces", { group });
      return traces.map((trace) => trace.split("\n").map((line) => line.split("\t")));
    },
    usage: async () => (await ask<{ readonly seconds: number }>("usage")).seconds,
    until: async (group, condition, timeoutMs) => {
      const deadline = performance.now() + timeoutMs;
      for (;;) {
        const now = await report(group);
        if (condition(now) || performance.now() > deadline) return now;
        await pause(20);
      }
    },
    stop: () => started.stop(),
  };
}

function wordOf(value: unknown): string {
  return typeof value === "boolean" ? String(Number(value)) : String(value);
}
