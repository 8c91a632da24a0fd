import { type Running, start } from "./command.ts";

/** A `tidings serve` that is ready. */
export interface RunningHub extends Running {
  readonly url: string;
  readonly port: number;
}

/**
 * Starts `tidings serve` on a free port, or on the one given, and waits for its ready line. Its log is in memory, unless
 * the arguments name another.
 */
export async function startHub(
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<RunningHub> {
  const port = args.includes("--port") || "TIDINGS_PORT" in env ? [] : ["--port", "0"];
  const log = args.includes("--log") ? [] : ["--log", "memory"];
  const running = start(["serve", ...port, ...log, ...args], { env });
  const [, url = "", bound] = await running.until("stdout", /^Tidings is ready on (http:\/\/\S+:(\d+)) \(.*\)\n/);
  return Object.defineProperties(running, { url: { value: url }, port: { value: Number(bound) } }) as RunningHub;
}

/** Publishes over HTTP; answers the id. */
export async function publishTo(hub: RunningHub, topic: string, data: unknown): Promise<string> {
  const response = await fetch(`${hub.url}/publish`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ topic, data }),
  });
  if (!response.ok) throw new Error(await response.text());
  return ((await response.json()) as { id: string }).id;
}
