import { once } from "node:events";
import { connect, type Socket } from "node:net";

import { onTestFinished } from "vitest";

import { FrameReader, type Frame } from "../frames.ts";

/** A TCP client that shows every byte. Gone when the test is over. */
export class Connection {
  readonly socket: Socket;
  /** How many bytes have come. */
  length = 0;
  /** The other side has ended, or has reset the connection. */
  over = false;
  #chunks: Buffer[] = [];
  #wake: (() => void)[] = [];

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (bytes: Buffer) => {
      this.#chunks.push(bytes);
      this.length += bytes.length;
      this.#look();
    });
    socket.on("error", () => undefined);
    for (const event of ["end", "close"]) {
      socket.on(event, () => {
        this.over = true;
        this.#look();
      });
    }
  }

  /** All that has come, in order. */
  get received(): Buffer {
    const [only = Buffer.alloc(0)] = (this.#chunks = [Buffer.concat(this.#chunks)]);
    return only;
  }

  /** What has come, as text. */
  get text(): string {
    return this.received.toString("utf8");
  }

  /** The head of the first response: all before its blank line. */
  get head(): string {
    return this.text.split("\r\n\r\n", 1)[0] ?? "";
  }

  /** What has come after the first blank line, as whole frames. */
  get frames(): Frame[] {
    const start = this.received.indexOf("\r\n\r\n");
    return start === -1 ? [] : new FrameReader().read(this.received.subarray(start + 4));
  }

  send(text: string | Uint8Array): void {
    this.socket.write(text);
  }

  /** Resolves when what has come satisfies a condition; rejects if the connection ends before. */
  async until(condition: RegExp | ((connection: Connection) => boolean)): Promise<this> {
    const met = typeof condition === "function" ? condition : ({ text }: Connection) => condition.test(text);
    while (!met(this)) {
      if (this.over) throw new Error(`The connection ended without ${String(condition)}:\n${this.text}`);
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
    return this;
  }

  /** Resolves when the other side has ended the connection. */
  async ended(): Promise<this> {
    while (!this.over) await new Promise<void>((resolve) => this.#wake.push(resolve));
    return this;
  }

  #look(): void {
    const wake = this.#wake;
    this.#wake = [];
    for (const look of wake) look();
  }
}

/** Connects to a port of the loopback interface, and sends something. */
export async function dial(port: number, text: string | Uint8Array = ""): Promise<Connection> {
  const socket = connect(port, "127.0.0.1");
  const connection = new Connection(socket);
  await once(socket, "connect");
  onTestFinished(() => void socket.destroy());
  if (text.length > 0) connection.send(text);
  return connection;
}

/** A GET as it goes over the wire. */
export function get(path: string, headers: Readonly<Record<string, string>> = {}, version = "1.1"): string {
  const lines = Object.entries({ Host: "127.0.0.1", ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `GET ${path} HTTP/${version}\r\n${lines.join("")}\r\n`;
}
