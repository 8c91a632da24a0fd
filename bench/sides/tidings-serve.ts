import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { startChild } from "../processes/child.ts";
import type { CollectorCalls } from "../server/collector.ts";
import type { RunningSide, Side } from "./side.ts";

const program = new URL("../../packages/server/bin/tidings.js", import.meta.url);
const collector = new URL("../server/collector.ts", import.meta.url);

/** `tidings serve` as it is installed, with a log in memory, as its peers have; published to as JSON, one event a request. */
export const tidingsServe: Side = serveSide("tidings-serve", ["--log", "memory"]);

/**
 * `tidings serve` with these options beside its defaults. Processes that it starts count as the server's. They stay on
 * its core, if it is given one.
 */
export function serveSide(name: string, options: readonly string[]): Side {
  return { name, start: (core) => startServe(options, core) };
}

async function startServe(options: readonly string[], core: number | undefined): Promise<RunningSide> {
  const server = startChild<CollectorCalls>({
    program,
    args: ["serve", "--port", "0", "--log-level", "warn", ...options],
    nodeArgs: ["--import", collector.href],
    core,
  });
  try {
    const port = await readyPort(server.output);
    return {
      port,
      path: "/events?topic=ticks",
      publication: {
        path: "/publish",
        headers: { "Content-Type": "application/json" },
        before: '{"topic":"ticks","event":"tick","data":"',
        after: '"}',
      },
      pids: [server.pid, ...childrenOf(server.pid)],
      subscribers: () => liveSubscribers(port),
      collectGarbage: () => server.call("collectGarbage", undefined, 60_000),
      stop: () => server.stop(),
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** The processes that a process has started. */
function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) => {
    const children = readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8").trim();
    return children === "" ? [] : children.split(" ").map(Number);
  });
}

/** It prints one line with its URL when it is ready. */
async function readyPort(output: NodeJS.ReadableStream | null): Promise<number> {
  if (output === null) throw new Error("The output of tidings serve is not piped.");
  const [line] = (await once(createInterface({ input: output }), "line", { signal: AbortSignal.timeout(30_000) })) as [
    string,
  ];
  const port = /http:\/\/\S+?:(\d+)/.exec(line)?.[1];
  if (port === undefined) throw new Error(`tidings serve printed ${JSON.stringify(line)} in place of its URL.`);
  return Number(port);
}

async function liveSubscribers(port: number): Promise<number> {
  const metrics = await (await fetch(`http://localhost:${port}/metrics`)).text();
  return Number(/^tidings_subscribers\{state="live"\} (\d+)$/m.exec(metrics)?.[1] ?? 0);
}
