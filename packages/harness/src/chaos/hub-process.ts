import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const COMMAND = fileURLToPath(import.meta.resolve("@tidings/server/bin/tidings.js"));

/** The hub ended before it was ready. */
export class HubEnded extends Error {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;

  constructor(code: number | null, signal: NodeJS.Signals | null) {
    super(`The hub ended with ${signal ?? code} before it was ready`);
    this.code = code;
    this.signal = signal;
  }
}

/** A hub as a process of its own, which can be stopped, killed and started again on its port. */
export class HubProcess {
  readonly #args: readonly string[];
  readonly #env: Readonly<Record<string, string>>;
  readonly #onSaid: (text: string) => void;
  #child: ChildProcess | undefined;
  #exited: Promise<void> = Promise.resolve();
  #port = 0;

  /**
   * @param args of `tidings serve`, without the port
   * @param env beside the usual environment
   * @param onSaid told what it writes to its standard error, which goes to this process's by default
   */
  constructor(
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
    onSaid: (text: string) => void = (text) => void process.stderr.write(text),
  ) {
    this.#args = args;
    this.#env = env;
    this.#onSaid = onSaid;
  }

  /** Where it listens, from its first start on. */
  get port(): number {
    return this.#port;
  }

  /** Resolves when it takes requests. */
  async start(): Promise<void> {
    const usual = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("TIDINGS_")));
    const env = { ...usual, ...this.#env };
    const args = [COMMAND, "serve", "--port", String(this.#port), "--log-level", "error", ...this.#args];
    const child = spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "pipe"] });
    child.stderr.setEncoding("utf8").on("data", this.#onSaid);
    this.#child = child;
    this.#exited = new Promise((resolve) => child.on("exit", () => resolve()));
    this.#port = await new Promise<number>((resolve, reject) => {
      let said = "";
      child.stdout.setEncoding("utf8").on("data", (text: string) => {
        said += text;
        const port = /ready on http:\/\/\S+:(\d+)/.exec(said)?.[1];
        if (port !== undefined) resolve(Number(port));
      });
      child.on("close", (code, signal) => reject(new HubEnded(code, signal)));
    });
  }

  /** Stops it in its tracks: the system goes on to take its connections and its bytes. */
  pause(): void {
    this.#child?.kill("SIGSTOP");
  }

  resume(): void {
    this.#child?.kill("SIGCONT");
  }

  /** Lets it end in order. */
  async end(): Promise<void> {
    this.#child?.kill("SIGTERM");
    await this.#exited;
  }

  /** Ends it with everything that it has in memory. */
  async kill(): Promise<void> {
    this.#child?.kill("SIGKILL");
    await this.#exited;
  }
}
