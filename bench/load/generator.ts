import { createInterface } from "node:readline";
import { compiled } from "../processes/compile.ts";
import { startProgram } from "../processes/program.ts";
import { type Publication, publicationParts, streamRequest, type StreamSource } from "./requests.ts";

/** Some durations, in microseconds; nothing where none was taken. */
export type Durations =
  | {
      readonly p50: number;
      readonly p90: number;
      readonly p99: number;
      readonly max: number;
      readonly samples: number;
    }
  | undefined;

/** What the load generator has counted so far; the durations since the last look. */
interface Look {
  /** When this was, in microseconds on the monotonic clock. */
  readonly micros: number;
  readonly deliveries: number;
  readonly bytes: number;
  /** From the moment before the publish request is sent to the moment after the event is read. */
  readonly latency: Durations;
  /** How late the load generator itself was. */
  readonly delay: Durations;
}

/** What was published. */
export interface Published {
  /** Requests sent. */
  readonly events: number;
  /** Events that were due and not sent, because the server had not answered those before. */
  readonly dropped: number;
  /** Requests that were not answered with 2xx. */
  readonly failed: number;
}

/** What had arrived, and what had not, at the end of a run. */
export interface Account {
  readonly deliveries: number;
  readonly otherFrames: number;
  /** Events missing between two that came. */
  readonly lost: number;
  /** Events that came twice or late. */
  readonly outOfOrder: number;
  /** Events that were published and had not come when the time to wait for them was over. */
  readonly outstanding: number;
  readonly closedEarly: number;
}

/** How the streams did that came back at once. */
export interface Resumption {
  readonly streams: number;
  /** Those that got everything they had missed. */
  readonly complete: number;
  /** How long each of these took, counted from when the first one came back. */
  readonly times: Durations;
}

/** The load generator's process. Ask for one thing at a time. */
export interface Generator {
  readonly pid: number;
  /** Opens more streams; resolves when each has the head of its response. */
  open(source: StreamSource, count: number): Promise<void>;
  /** Begins to publish events with `bytes` of data, `rate` a second. */
  publish(publication: Publication, bytes: number, rate: number): Promise<void>;
  /** Stops publishing; resolves when every request has its answer. */
  stopPublishing(): Promise<Published>;
  /** Publishes so many events as fast as the server answers. */
  publishAll(publication: Publication, bytes: number, count: number): Promise<Published>;
  look(): Promise<Look>;
  /** Waits until every stream has every event, but not longer than `timeoutMs`, and gives account. */
  account(timeoutMs: number): Promise<Account>;
  /** Cuts every stream. */
  cut(): Promise<void>;
  /** Opens every stream again at once, each with its last event id; resolves when each has every event. */
  resume(timeoutMs: number): Promise<Resumption>;
  stop(): Promise<void>;
}

const files = ["generator.c", "streams.c", "scanner.c", "publishers.c", "histogram.c", "fail.c"];
const program = compiled(files.map((file) => new URL(file, import.meta.url)));

/**
 * Starts a load generator: a C program, because one in Node was busier than the server that it measured.
 *
 * @param core the core to keep it on, where the machine has one to give
 * @param readBytes how much it reads of a stream at a time (default 256 KiB); for tests, to cut streams anywhere
 */
export async function startGenerator(core: number | undefined, readBytes?: number): Promise<Generator> {
  const args = readBytes === undefined ? [] : [String(readBytes)];
  const started = startProgram([await program(), ...args], core, ["pipe", "pipe", "inherit"]);
  const { stdin, stdout } = started.process;
  if (stdin === null || stdout === null) throw new Error("The load generator's streams are not piped.");
  let answer = Promise.withResolvers<string>();
  createInterface({ input: stdout }).on("line", (line) => answer.resolve(line));
  started.onEnd((how) => answer.reject(new Error(how)));

  const ask = async <Result>(text: string, timeoutMs = 60_000): Promise<Result> => {
    const ended = started.ended();
    if (ended !== undefined) throw new Error(ended);
    answer = Promise.withResolvers();
    const { reject } = answer;
    const [command = ""] = text.split("\n", 1);
    const late = setTimeout(() => reject(new Error(`No answer to ${command} within ${timeoutMs} ms.`)), timeoutMs);
    stdin.write(text);
    try {
      return JSON.parse(await answer.promise, (_key, value: unknown) => value ?? undefined) as Result;
    } finally {
      clearTimeout(late);
    }
  };
  const prepare = async (publication: Publication, bytes: number): Promise<void> => {
    const { before, after } = publicationParts(publication, bytes);
    await ask(`publication ${before.length} ${bytes} ${after.length}\n${before}${after}`);
  };

  return {
    pid: started.pid,
    open: async (source, count) => {
      const request = streamRequest(source);
      await ask(`target ${source.port} ${request.length}\n${request}`);
      await ask(`open ${count}\n`);
    },
    publish: async (publication, bytes, rate) => {
      await prepare(publication, bytes);
      await ask(`publish ${rate} 0\n`);
    },
    stopPublishing: () => ask("stop\n"),
    publishAll: async (publication, bytes, count) => {
      await prepare(publication, bytes);
      return ask(`publish-all ${count}\n`);
    },
    look: () => ask("look\n"),
    account: (timeoutMs) => ask(`account ${timeoutMs}\n`, timeoutMs + 30_000),
    cut: () => ask("cut\n"),
    resume: (timeoutMs) => ask(`resume ${timeoutMs}\n`, timeoutMs + 30_000),
    stop: () => started.stop(),
  };
}
