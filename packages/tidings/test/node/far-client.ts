// Clients in a network namespace of their own. Started by far-server.ts.
import { execFileSync } from "node:child_process";
import { connect as connectHttp2 } from "node:http2";
import { connect, type Socket } from "node:net";

import { FrameReader, isPublished } from "../frames.ts";
import { answerCalls } from "./calls.ts";

/** What a client has seen. */
export interface Seen {
  events: number;
  /** The number of each event is the one before and one. */
  inOrder: boolean;
  confessions: number;
  live: boolean;
  closed: boolean;
}

interface Client extends Seen {
  readonly socket: Socket;
}

const clients = new Map<string, Client>();

function hear(client: Client, reader: FrameReader, bytes: Uint8Array): void {
  for (const frame of reader.read(bytes)) {
    if (frame.event === "tidings:live") client.live = true;
    if (frame.event === "tidings:gap" || frame.event === "tidings:reset") client.confessions++;
    if (!isPublished(frame)) continue;
    client.inOrder &&= parseInt(frame.data ?? "", 10) === client.events;
    client.events++;
  }
}

const calls = {
  /** Gives the far end of the cable its addresses. */
  plug(device: string, addresses: string[]): void {
    for (const address of addresses) {
      execFileSync("ip", ["addr", "add", address, "dev", device, ...(address.includes(":") ? ["nodad"] : [])]);
    }
    execFileSync("ip", ["link", "set", device, "up"]);
  },

  /** From here on nothing that is sent to an address arrives, and nothing comes back. Nobody is told. */
  vanish(device: string, address: string): void {
    execFileSync("ip", ["addr", "del", address, "dev", device]);
  },

  async open(name: string, to: { host: string; port: number; from: string; path: string }): Promise<void> {
    const socket = connect({ host: to.host, port: to.port, localAddress: to.from });
    const client = { socket, events: 0, inOrder: true, confessions: 0, live: false, closed: false };
    clients.set(name, client);
    socket.on("error", () => undefined).on("close", () => (client.closed = true));
    const reader = new FrameReader();
    let head = "";
    await new Promise<void>((resolve) => {
      socket.on("data", (bytes: Buffer) => {
        if (head.includes("\r\n\r\n")) hear(client, reader, bytes);
        else {
          head += bytes.toString("latin1");
          const end = head.indexOf("\r\n\r\n");
          if (end !== -1) hear(client, reader, Buffer.from(head.slice(end + 4), "latin1"));
        }
        if (client.live) resolve();
      });
      socket.on("close", () => resolve());
      socket.write(`GET ${to.path} HTTP/1.1\r\nHost: ${to.host}\r\n\r\n`);
    });
  },

  /** Opens two streams of one HTTP/2 session. */
  async openHttp2(to: { host: string; port: number; from: string; path: string }): Promise<void> {
    const socket = connect({ host: to.host, port: to.port, localAddress: to.from });
    const session = connectHttp2(`http://${to.host}`, { createConnection: () => socket });
    session.on("error", () => undefined);
    const streams = [1, 2].map(() => session.request({ ":path": to.path }));
    for (const stream of streams) stream.on("error", () => undefined).on("data", () => undefined);
    await Promise.all(streams.map((stream) => new Promise((resolve) => stream.once("data", resolve))));
  },

  /** Stops reading. */
  stop(name: string): void {
    clients.get(name)?.socket.pause();
  },

  /** Reads on: until so many bytes have come, or with 0 for ever. */
  async read(name: string, bytes: number): Promise<void> {
    const socket = clients.get(name)?.socket;
    if (socket === undefined) return;
    const end = socket.bytesRead + bytes;
    socket.resume();
    if (bytes === 0) return;
    await new Promise<void>((resolve) => {
      const look = (): void => {
        if (socket.bytesRead < end) return;
        socket.off("data", look).pause();
        resolve();
      };
      socket.on("data", look);
    });
  },

  seen(name: string): Seen | undefined {
    const client = clients.get(name);
    if (client === undefined) return undefined;
    const { socket: _, ...seen } = client;
    return seen;
  },
};

export type FarClient = typeof calls;

answerCalls(calls);
