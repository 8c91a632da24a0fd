import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** The `tidings` command, built. */
export const MAIN: string = fileURLToPath(new URL("../../dist/main.js", import.meta.url));

/** `tidings serve --demo` as a process of its own. */
export interface RunningDemo {
  readonly url: string;
  readonly port: number;
  publish(topic: string, event: string, data: unknown): Promise<void>;
  /** Ends it at once, as a crash would. */
  kill(): Promise<void>;
}

/** Starts it and waits for the line with its address. Port 0 is any free one. */
export async function startDemo(port = 0, more: readonly string[] = []): Promise<RunningDemo> {
  const args = [MAIN, "serve", "--demo", "--log", "memory", "--port", String(port), "--log-level", "error", ...more];
  const child: ChildProcess = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  if (child.stdout === null) throw new Error("the process has no stdout");
  const lines = createInterface(child.stdout);
  const exited = once(child, "exit").then(([code]) => {
    throw new Error(`tidings serve ended with ${code} before it was ready`);
  });
  exited.catch(() => undefined);
  const [line] = (await Promise.race([once(lines, "line"), exited])) as string[];
  const url = /https?:\/\/\S+/.exec(line ?? "")?.[0];
  if (url === undefined) throw new Error(`no address in ${line}`);
  return {
    url,
    port: Number(new URL(url).port),
    async publish(topic, event, data) {
      const body = JSON.stringify({ topic, event, data });
      const response = await fetch(`${url}/publish`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body,
      });
      if (!response.ok) throw new Error(`publish was answered ${response.status}: ${await response.text()}`);
    },
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
    },
  };
}
