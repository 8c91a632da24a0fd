import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

import { onTestFinished } from "vitest";

import { callsOf, type Remote } from "./calls.ts";
import type { FarServer } from "./far-server.ts";

/**
 * Starts a hub and its clients in two network namespaces with a cable between them. They are gone when the test is over.
 * Needs `unshare` (util-linux), `ip` (iproute2), and root or leave to make user namespaces.
 */
export async function startFarSide(options: { heartbeat: number }): Promise<Remote<FarServer>> {
  const asRoot = process.getuid?.() === 0 ? [] : ["--map-root-user"];
  const server = fork(join(import.meta.dirname, "far-server.ts"), {
    execPath: "unshare",
    execArgv: [...asRoot, "--net", "--", process.execPath],
    stdio: ["ignore", "inherit", "pipe", "ipc"],
  });
  let complaint = "";
  server.stderr?.setEncoding("utf8").on("data", (text: string) => (complaint += text));
  onTestFinished(async () => {
    if (server.exitCode !== null) return;
    server.disconnect();
    await once(server, "exit");
  });
  const calls = callsOf<FarServer>(server);
  try {
    await calls.start(options);
  } catch (error) {
    throw new Error(`No network namespaces: run the tests as root, or allow user namespaces.\n${complaint}`, {
      cause: error,
    });
  }
  return calls;
}
