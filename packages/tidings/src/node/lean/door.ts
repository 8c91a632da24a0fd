import type { Server } from "node:http";
import type { Socket } from "node:net";

import { Lease } from "./lease.ts";
import type { LeanStreams } from "./lean-sink.ts";
import { isLeanHead } from "./request-head.ts";
import { leaveSocket, passSocket, type SocketOwner, takeSocket } from "./socket-owner.ts";

/** How often sockets that say nothing are looked for, at least, in milliseconds. */
const LOOK = 30_000;

/** What Node's HTTP does with a new connection. */
export type Onward = (this: Server, connection: Socket | Lease) => void;

/**
 * Where a server's new sockets wait for their first bytes, and are sorted by them: a whole head of what may be a stream
 * goes on to Node's HTTP as a lease, everything else as the socket that it is.
 */
export class Door implements SocketOwner {
  readonly #server: Server;
  readonly #start: Buffer;
  readonly #onward: readonly Onward[];
  readonly #streams: LeanStreams;
  /** When each of them connected, the oldest first. */
  readonly #waiting = new Map<Socket, number>();
  #look: NodeJS.Timeout | undefined;

  constructor(server: Server, start: Buffer, onward: readonly Onward[], streams: LeanStreams) {
    this.#server = server;
    this.#start = start;
    this.#onward = onward;
    this.#streams = streams;
  }

  admit(socket: Socket): void {
    this.#waiting.set(socket, performance.now());
    takeSocket(socket, this);
    this.#watch();
  }

  /** Those who wait are idle. */
  destroyAll(): void {
    for (const socket of this.#waiting.keys()) socket.destroy();
  }

  onData(socket: Socket, chunk: Buffer): void {
    this.#waiting.delete(socket);
    if (isLeanHead(chunk, this.#start)) {
      const lease = new Lease(socket, this.#streams);
      passSocket(socket, lease);
      this.#goOn(lease);
      lease.onData(socket, chunk);
    } else {
      // As if it had just come, with this chunk before it.
      leaveSocket(socket);
      socket.pause();
      socket.unshift(chunk);
      this.#goOn(socket);
      socket.resume();
    }
  }

  onEnd(socket: Socket): void {
    socket.destroy();
  }

  onError(): void {
    // "close" follows.
  }

  onClose(socket: Socket): void {
    this.#waiting.delete(socket);
  }

  #goOn(connection: Socket | Lease): void {
    for (const onward of this.#onward) onward.call(this.#server, connection);
  }

  /** From its first byte on, Node's own limits hold for a connection. Before, this one, up to a quarter late. */
  #watch(): void {
    const limit = this.#server.headersTimeout;
    if (this.#look !== undefined || !(limit > 0) || this.#waiting.size === 0) return;
    this.#look = setTimeout(
      () => {
        this.#look = undefined;
        const latest = performance.now() - limit;
        for (const [socket, since] of this.#waiting) {
          if (since > latest) break;
          socket.destroy();
        }
        this.#watch();
      },
      Math.min(limit / 4, LOOK),
    ).unref();
  }
}
