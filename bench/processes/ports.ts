import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import type { Program } from "./program.ts";

/** A port that nobody listens on, for a program that cannot choose one by itself. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** Waits until the program accepts connections on the port, at most 30 s. Rejects if it ends before. */
export async function untilListening(program: Program, port: number): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (!(await accepts(port))) {
    const ended = program.ended();
    if (ended !== undefined) throw new Error(ended);
    if (performance.now() > deadline) throw new Error(`Nothing accepts connections on port ${port}.`);
    await pause(20);
  }
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
