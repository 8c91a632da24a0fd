import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { answerCalls } from "../../processes/calls.ts";

/** What the process with the subscribers answers. */
export type ReaderCalls = {
  open(argument: { readonly port: number; readonly count: number; readonly gzip: boolean }): Promise<void>;
  /** Bytes that have come on all connections since the last call. */
  bytes(argument: undefined): number;
  close(argument: undefined): void;
};

// One buffer for all: what comes is counted and not looked at.
const buffer = Buffer.allocUnsafe(262_144);
let sockets: Socket[] = [];
let received = 0;

async function open(port: number, gzip: boolean): Promise<Socket> {
  const callback = (length: number): boolean => {
    received += length;
    return true;
  };
  const socket = connect({ port, host: "127.0.0.1", noDelay: true, onread: { buffer, callback } });
  await once(socket, "connect");
  socket.write(`GET / HTTP/1.1\r\nHost: localhost\r\n${gzip ? "Accept-Encoding: gzip\r\n" : ""}\r\n`);
  return socket;
}

const calls: ReaderCalls = {
  open: async ({ port, count, gzip }) => {
    sockets = await Promise.all(Array.from({ length: count }, () => open(port, gzip)));
  },
  bytes: () => {
    const bytes = received;
    received = 0;
    return bytes;
  },
  close: () => {
    for (const socket of sockets) socket.destroy();
    sockets = [];
  },
};
answerCalls(calls);
