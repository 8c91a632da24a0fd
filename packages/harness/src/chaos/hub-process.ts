import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const COMMAND = fileURLToPath(import.meta.resolve("@tidings/server/bin/tidings.js"));

/** A hub as a process of its own, which can be stopped, killed and started again on its port. */
export class HubProcess {
  readonly #args: readonly string[];
  readonly #env: Readonly<Record<string, string>>;
  #child: ChildProcess | undefined;
  #exited: Promise<void> = Promise.resolve();
  #port = 0;

  /**
   * @param args of `tidings serve`, without the port
   * @param env beside the usual environment
   */
  constructor(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.#args = args;
    this.#env = env;
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
    const child = spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "inherit"] });
    this.#child = child;
    this.#exited = new Promise((resolve) => child.on("exit", () => resolve()));
    this.#port = await new Promise<number>((resolve, reject) => {
      let said = "";
      child.stdout?.setEncoding("utf8").on("data", (text: string) => {
        said += text;
        const port = /ready on http:\/\/\S+:(\d+)/.exec(said)?.[1];
        if (port !== undefined) resolve(Number(port));
      });
      child.on("exit", (code) => reject(new Error(`The hub ended with ${code} before it was ready: ${said}`)));
    });
  }

  /** Stops it in its tracks: the system goes on to take its connections and its bytes. */
  pause(): void {
    this.#child?.kill("SIGSTOP");
  }

  resume(): void {
    this.#child?.kill("SIGCONT");
  }

  /** Ends it with everything that it has in memory. */
  async kill(): Promise<void> {
    this.#child?.kill("SIGKILL");
    await this.#exited;
  }
}
