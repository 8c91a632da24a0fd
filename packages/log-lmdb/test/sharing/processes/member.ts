import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { until } from "../room.ts";

/** What a process of a test says. */
export type Said =
  | { readonly acknowledged: string; readonly offset: number; readonly tag: number; readonly attempt: number }
  | { readonly unknown: string }
  | { readonly heard: number; readonly digest: number }
  | { readonly appends: boolean }
  | Once
  | { readonly stopped: true }
  | { readonly wrong: string };

/** What became of an event that it was told to publish. */
export interface Once {
  readonly once: string;
  readonly offset?: number;
  readonly duplicate?: boolean;
  readonly error?: string;
}

type Acknowledged = Extract<Said, { acknowledged: string }>;

/** A process that shares a folder with others, publishes all the time and follows the log from its beginning. */
export class Member {
  readonly name: string;
  readonly acknowledged: Acknowledged[] = [];
  readonly unknown: string[] = [];
  /** The digest at each offset through which it has heard. */
  readonly heard = new Map<number, number>();
  readonly wrong: string[] = [];
  readonly onces: Once[] = [];
  readonly #process: ChildProcess;
  readonly #said: Promise<void>;
  through = 0;
  appends = false;
  stopped = false;
  ended = false;

  constructor(folder: string, name: string, inFlight = 0) {
    this.name = name;
    const program = fileURLToPath(new URL("./main.ts", import.meta.url));
    const env = { ...process.env, NODE_OPTIONS: "" };
    this.#process = spawn(process.execPath, [program, folder, name, `${inFlight}`], {
      env,
      stdio: ["pipe", "pipe", "pipe"],
    });
    this.#process.stdin?.on("error", () => {});
    this.#process.stderr?.on("data", (text: Buffer) => this.wrong.push(text.toString()));
    this.#said = this.#listen();
    onTestFinished(() => this.kill());
  }

  /** Has it publish an event once, with its text as its key or without one. Does not wait for what becomes of it. */
  publish(kind: "plain" | "keyed", data: string): void {
    this.#process.stdin?.write(`${kind} ${data}\n`);
  }

  async stop(): Promise<void> {
    this.#process.stdin?.write("stop\n");
    await until(() => this.stopped || this.ended);
  }

  async close(): Promise<void> {
    this.#process.stdin?.write("close\n");
    await this.#end();
  }

  async kill(): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#end();
  }

  signal(signal: "SIGSTOP" | "SIGCONT"): void {
    this.#process.kill(signal);
  }

  async #end(): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) await once(this.#process, "exit");
    await this.#said;
    this.ended = true;
  }

  async #listen(): Promise<void> {
    const { stdout } = this.#process;
    if (stdout === null) return;
    for await (const line of createInterface(stdout)) this.#hear(JSON.parse(line) as Said);
  }

  #hear(said: Said): void {
    if ("acknowledged" in said) this.acknowledged.push(said);
    else if ("unknown" in said) this.unknown.push(said.unknown);
    else if ("appends" in said) this.appends = said.appends;
    else if ("once" in said) this.onces.push(said);
    else if ("stopped" in said) this.stopped = true;
    else if ("wrong" in said) this.wrong.push(said.wrong);
    else this.heard.set((this.through = said.heard), said.digest);
  }
}
