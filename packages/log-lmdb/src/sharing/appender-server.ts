import { chmodSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { once } from "node:events";
import type { Durability } from "tidings/log";
import { ConnectedProcess, type AppendingHost } from "./connected-process.ts";
import type { Appender } from "../appender.ts";
import { removeSocket } from "./socket-path.ts";

export interface AppenderServerOptions {
  /** Where to listen: a path that no one had before. */
  readonly path: string;
  readonly durability: Durability;
  /** Milliseconds between signs of life. */
  readonly beat: number;
}

/** How many processes may be connected. Beyond it they are cut, and try again. */
const MAX_PROCESSES = 1_000;

/** Where the other processes send their appends, and hear how far the log is durable. */
export class AppenderServer implements AppendingHost {
  readonly path: string;
  readonly durability: Durability;
  readonly #server: Server;
  readonly #beats: NodeJS.Timeout;
  readonly #processes = new Set<ConnectedProcess>();
  #appender: Appender | undefined;
  #head = 0;
  #flushing = false;

  /** Listens, for this user alone. The appends of those who connect are held until there is an appender. */
  static async listen(options: AppenderServerOptions): Promise<AppenderServer> {
    const server = createServer();
    // In a worker of `node:cluster` the primary would listen in its place.
    server.listen({ path: options.path, exclusive: true });
    await once(server, "listening");
    if (process.platform !== "win32") chmodSync(options.path, 0o600);
    return new AppenderServer(server.unref(), options);
  }

  private constructor(server: Server, { path, durability, beat }: AppenderServerOptions) {
    this.path = path;
    this.durability = durability;
    this.#server = server;
    server.maxConnections = MAX_PROCESSES;
    server.on("connection", (socket) => this.#processes.add(new ConnectedProcess(socket, this)));
    this.#beats = setInterval(() => this.#tellAll(), beat).unref();
  }

  get appender(): Appender | undefined {
    return this.#appender;
  }

  get head(): number {
    return this.#head;
  }

  /** From here on there is one that appends. */
  start(appender: Appender): void {
    this.#appender = appender;
    for (const process of this.#processes) process.start();
    this.#tellAll();
  }

  /** Everything through this offset is durable. */
  committed(head: number): void {
    this.#head = head;
    this.#tellAll();
  }

  flushSoon(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    // Once for all that happens in this turn: a write for each answer would cost more than appending does.
    setImmediate(() => {
      this.#flushing = false;
      for (const process of this.#processes) process.flush();
    });
  }

  gone(process: ConnectedProcess): void {
    this.#processes.delete(process);
  }

  /** Takes nothing more. Settles when everything that was taken is answered. */
  async stop(): Promise<void> {
    this.#appender = undefined;
    await Promise.all(Array.from(this.#processes, (process) => process.stop()));
  }

  /** After `stop`, if it was started: tells those who are connected to look for another one, and listens no more. */
  async close(): Promise<void> {
    clearInterval(this.#beats);
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const process of this.#processes) process.leave();
    await closed;
    removeSocket(this.path);
  }

  #tellAll(): void {
    for (const process of this.#processes) process.due();
    this.flushSoon();
  }
}
